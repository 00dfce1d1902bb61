//! What investigations are about: a title, what set it off, and the steps that it proposes. Every action type, entity type and
//! source of the contract occurs in some scenario.

use action_center_core::domain::action::Asset;

use super::random::Random;
use super::words;

/// One kind of action in a scenario.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// `quarantineFile` …
    pub action_type: &'static str,
    /// `file` …
    pub entity_type: &'static str,
    /// `device`, `user`, `mailbox`, `cloudApp`.
    pub asset: &'static str,
    /// `automatedDeviceAction` …
    pub source: &'static str,
}

/// A kind of investigation, or of work by hand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scenario {
    /// The title, with `{device}`, `{user}`, `{team}`, `{n}` to be filled in.
    pub title: &'static str,
    /// The triggering alert's title.
    pub alert: &'static str,
    /// The category.
    pub category: &'static str,
    /// What found it.
    pub detection_source: &'static str,
    /// How bad it is.
    pub severity: &'static str,
    /// The threat's name; may be empty.
    pub threat: &'static str,
    /// Whether attack disruption acted at once.
    pub is_disruption: bool,
    /// Whether people acted, without an investigation.
    pub is_by_hand: bool,
    /// So often among all.
    weight: u64,
    steps: &'static [Step],
}

const fn step(
    action_type: &'static str,
    entity_type: &'static str,
    asset: &'static str,
    source: &'static str,
) -> Step {
    Step {
        action_type,
        entity_type,
        asset,
        source,
    }
}

const DEVICE: &str = "automatedDeviceAction";
const EMAIL: &str = "automatedEmailAction";
const DISRUPTION: &str = "attackDisruption";

#[expect(clippy::too_many_arguments, reason = "one call is one row of the table below")]
const fn case(
    title: &'static str,
    alert: &'static str,
    category: &'static str,
    detection_source: &'static str,
    severity: &'static str,
    threat: &'static str,
    weight: u64,
    steps: &'static [Step],
) -> Scenario {
    Scenario {
        title,
        alert,
        category,
        detection_source,
        severity,
        threat,
        is_disruption: false,
        is_by_hand: false,
        weight,
        steps,
    }
}

/// All of them.
pub const SCENARIOS: [Scenario; 20] = [
    case(
        "Ransomware precursor on {device}",
        "Shadow copy deletion attempt",
        "Ransomware",
        "endpointDetection",
        "high",
        "Trojan:Win32/Loader.KM!MTB",
        8,
        &[
            step("quarantineFile", "file", "device", DEVICE),
            step("killProcess", "process", "device", DEVICE),
            step("disableDriver", "driver", "device", DEVICE),
            step("removeRegistryKey", "registryKey", "device", DEVICE),
            step("isolateDevice", "device", "device", DEVICE),
        ],
    ),
    case(
        "Credential theft from LSASS on {device}",
        "Sensitive credential memory read",
        "Credential access",
        "endpointDetection",
        "high",
        "HackTool:Win64/LsaDump.B",
        5,
        &[
            step("quarantineFile", "file", "device", DEVICE),
            step("isolateDevice", "device", "device", DEVICE),
            step("killProcess", "process", "device", DEVICE),
            step("restrictCodeExecution", "device", "device", DEVICE),
        ],
    ),
    case(
        "Payroll phish to {n} recipients",
        "Phish delivered to mailboxes",
        "Phishing",
        "zappedUrl",
        "high",
        "Phish:HTML/PayrollLure.A",
        14,
        &[
            step("softDeleteEmail", "mailCluster", "mailbox", EMAIL),
            step("blockUrl", "url", "mailbox", EMAIL),
            step("softDeleteEmail", "mailMessage", "mailbox", EMAIL),
            step("quarantineEmail", "mailMessage", "mailbox", EMAIL),
        ],
    ),
    case(
        "Encoded PowerShell after macro on {device}",
        "Office process dropped and ran a program",
        "Execution",
        "endpointDetection",
        "medium",
        "TrojanDownloader:O97M/MacroDrop.C",
        8,
        &[
            step("killProcess", "process", "device", DEVICE),
            step("removeRegistryKey", "registryKey", "device", DEVICE),
            step("quarantineFile", "file", "device", DEVICE),
            step("blockUrl", "url", "device", DEVICE),
        ],
    ),
    case(
        "Business email compromise: {team}",
        "Suspicious inbox manipulation",
        "Business email compromise",
        "userCompromised",
        "high",
        "",
        6,
        &[
            step("hardDeleteEmail", "mailMessage", "mailbox", EMAIL),
            step("turnOffMailForwarding", "mailbox", "mailbox", EMAIL),
            step("removeMailForwardingRule", "mailbox", "mailbox", EMAIL),
            step("removeMailDelegation", "mailbox", "mailbox", EMAIL),
            step("resetPassword", "user", "user", EMAIL),
        ],
    ),
    case(
        "Service masquerading on {device}",
        "Service runs from an unusual folder",
        "Persistence",
        "antivirus",
        "medium",
        "Trojan:Win32/SvcMask.D",
        7,
        &[
            step("stopService", "service", "device", DEVICE),
            step("quarantineFile", "file", "device", DEVICE),
            step("removeScheduledTask", "scheduledTask", "device", DEVICE),
        ],
    ),
    case(
        "Impossible travel and token replay: {user}",
        "Sign-ins from two continents in an hour",
        "Identity",
        "userCompromised",
        "high",
        "",
        7,
        &[
            step("disableUser", "user", "user", EMAIL),
            step("revokeSessions", "user", "user", EMAIL),
            step("confirmUserCompromised", "user", "user", EMAIL),
            step("resetPassword", "user", "user", EMAIL),
        ],
    ),
    case(
        "Shortcut dropper on {device}",
        "Shortcut started a script host",
        "Malware",
        "antivirus",
        "medium",
        "Worm:VBS/ShortcutDrop.A",
        7,
        &[
            step("quarantineFile", "file", "device", DEVICE),
            step("quarantineFile", "file", "device", DEVICE),
            step("containIp", "ip", "device", DEVICE),
        ],
    ),
    case(
        "Persistence by scheduled task on {device}",
        "Scheduled task runs an unknown program",
        "Persistence",
        "endpointDetection",
        "low",
        "",
        5,
        &[
            step("removeScheduledTask", "scheduledTask", "device", DEVICE),
            step("isolateDevice", "device", "device", DEVICE),
            step("runAntivirusScan", "device", "device", DEVICE),
        ],
    ),
    case(
        "Supply chain: tampered package on build agents",
        "Package differs from its registry",
        "Supply chain",
        "zappedFile",
        "medium",
        "Backdoor:JS/NpmTamper.B",
        4,
        &[
            step("quarantineFile", "file", "device", DEVICE),
            step("killProcess", "process", "device", DEVICE),
            step("revokeSessions", "cloudResource", "cloudApp", DEVICE),
        ],
    ),
    case(
        "Bulk spam, {n} recipients",
        "Bulk mail above the limit",
        "Spam",
        "zappedFile",
        "informational",
        "",
        7,
        &[
            step("moveEmailToJunk", "mailCluster", "mailbox", EMAIL),
            step("moveEmailToJunk", "mailMessage", "mailbox", EMAIL),
        ],
    ),
    case(
        "User-reported message: {team}",
        "Message reported by a user",
        "Phishing",
        "userReported",
        "low",
        "",
        6,
        &[
            step("quarantineEmail", "mailMessage", "mailbox", EMAIL),
            step("softDeleteEmail", "mailCluster", "mailbox", EMAIL),
            step("moveEmailToInbox", "mailMessage", "mailbox", EMAIL),
        ],
    ),
    case(
        "Link turned bad after delivery, {n} recipients",
        "URL verdict changed to malicious",
        "Phishing",
        "urlVerdictChange",
        "medium",
        "Phish:URL/LateBloom",
        5,
        &[
            step("blockUrl", "url", "mailbox", EMAIL),
            step("hardDeleteEmail", "mailCluster", "mailbox", EMAIL),
        ],
    ),
    Scenario {
        is_disruption: true,
        ..case(
            "Lateral movement by {user}",
            "Hands-on-keyboard attack disrupted",
            "Lateral movement",
            "endpointDetection",
            "high",
            "Behavior:Win32/HandsOnKeyboard",
            5,
            &[
                step("containUser", "user", "user", DISRUPTION),
                step("containDevice", "device", "device", DISRUPTION),
                step("containIp", "ip", "device", DISRUPTION),
                step("disableUser", "user", "user", DISRUPTION),
            ],
        )
    },
    case(
        "Malicious OAuth app consent: {user}",
        "App got unusual permissions",
        "Identity",
        "manual",
        "medium",
        "",
        2,
        &[
            step("revokeSessions", "cloudResource", "cloudApp", EMAIL),
            step("confirmUserCompromised", "user", "user", EMAIL),
        ],
    ),
    Scenario {
        is_by_hand: true,
        ..case(
            "",
            "",
            "",
            "manual",
            "medium",
            "",
            9,
            &[
                step("runAntivirusScan", "device", "device", "manualDeviceAction"),
                step(
                    "collectInvestigationPackage",
                    "device",
                    "device",
                    "manualDeviceAction",
                ),
                step("isolateDevice", "device", "device", "manualDeviceAction"),
                step("releaseDevice", "device", "device", "manualDeviceAction"),
                step("offboardDevice", "device", "device", "manualDeviceAction"),
                step("restrictCodeExecution", "device", "device", "manualDeviceAction"),
                step("removeCodeRestriction", "device", "device", "manualDeviceAction"),
            ],
        )
    },
    Scenario {
        is_by_hand: true,
        ..case(
            "",
            "",
            "",
            "manual",
            "low",
            "",
            5,
            &[
                step("moveEmailToInbox", "mailMessage", "mailbox", "manualEmailAction"),
                step("hardDeleteEmail", "mailMessage", "mailbox", "explorerAction"),
                step("softDeleteEmail", "mailCluster", "mailbox", "explorerAction"),
                step("enableUser", "user", "user", "manualEmailAction"),
            ],
        )
    },
    Scenario {
        is_by_hand: true,
        ..case(
            "",
            "",
            "",
            "manual",
            "medium",
            "HackTool:PowerShell/Recon.E",
            5,
            &[
                step("quarantineFile", "file", "device", "advancedHuntingAction"),
                step("isolateDevice", "device", "device", "advancedHuntingAction"),
                step(
                    "hardDeleteEmail",
                    "mailCluster",
                    "mailbox",
                    "advancedHuntingAction",
                ),
                step("requestSample", "file", "device", "advancedHuntingAction"),
            ],
        )
    },
    Scenario {
        is_by_hand: true,
        ..case(
            "",
            "",
            "",
            "manual",
            "low",
            "",
            4,
            &[
                step(
                    "liveResponseCommand",
                    "process",
                    "device",
                    "manualLiveResponseAction",
                ),
                step(
                    "releaseFromQuarantine",
                    "file",
                    "device",
                    "manualLiveResponseAction",
                ),
                step("liveResponseCommand", "file", "device", "liveResponseAction"),
                step("requestSample", "file", "device", "liveResponseAction"),
            ],
        )
    },
    case(
        "Coin miner on {device}",
        "Connection to a mining pool",
        "Malware",
        "antivirus",
        "low",
        "Trojan:Linux/CoinMiner.F",
        4,
        &[
            step("killProcess", "process", "device", DEVICE),
            step("quarantineFile", "file", "device", DEVICE),
            step("containIp", "ip", "device", DEVICE),
        ],
    ),
];

impl Scenario {
    /// One of them, by weight.
    #[must_use]
    pub fn pick(random: &mut Random) -> &'static Self {
        let total = SCENARIOS.iter().map(|scenario| scenario.weight).sum();
        let mut at = random.below(total);
        SCENARIOS
            .iter()
            .find(|scenario| {
                let is_here = at < scenario.weight;
                at = at.saturating_sub(scenario.weight);
                is_here
            })
            .unwrap_or(&SCENARIOS[0])
    }

    /// One of those that have an investigation.
    #[must_use]
    pub fn pick_investigated(random: &mut Random) -> &'static Self {
        loop {
            let scenario = Self::pick(random);
            if !scenario.is_by_hand {
                return scenario;
            }
        }
    }

    /// The nth step: in order at first, then any.
    #[must_use]
    pub fn step(&self, nth: usize, random: &mut Random) -> &'static Step {
        if self.is_by_hand || nth >= self.steps.len() {
            &self.steps[random.below(self.steps.len() as u64) as usize]
        } else {
            &self.steps[nth]
        }
    }
}

/// Where a case happens: its device, user, mailbox and numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    device: String,
    device_criticality: &'static str,
    user: &'static str,
    team: &'static str,
    /// Mailboxes that a mail cluster touches.
    pub n_mailboxes: i64,
}

impl Place {
    /// Somewhere.
    #[must_use]
    pub fn new(random: &mut Random, scenario: &Scenario) -> Self {
        let user = random.pick(&words::USERS);
        let is_server = random.chance(18) || scenario.category == "Supply chain";
        let device = if is_server {
            random.pick(&words::SERVERS).to_owned()
        } else if random.chance(12) {
            format!("KIOSK-{:04}", random.below(400))
        } else {
            // A device belongs to somebody: its number is worked out from the name, with a few of them each.
            let number = Random::of(user).below(9_000) + random.below(24);
            let initials: String = user
                .chars()
                .filter(|letter| letter.is_ascii_alphabetic())
                .take(3)
                .map(|letter| letter.to_ascii_uppercase())
                .collect();
            format!("LT-{number:04}-{initials}")
        };
        let device_criticality = if device.starts_with("DC-") || device == "SRV-PAY-01" {
            "veryHigh"
        } else if is_server {
            random.pick(&["high", "medium", "high"])
        } else {
            random.pick(&["low", "medium", "low"])
        };
        let n_mailboxes = match random.below(10) {
            0..=4 => random.between(2, 20),
            5..=8 => random.between(20, 400),
            _ => random.between(400, 1_400),
        };
        Self {
            device,
            device_criticality,
            user,
            team: random.pick(&words::TEAMS),
            n_mailboxes,
        }
    }

    /// A text with its places filled in.
    #[must_use]
    pub fn fill(&self, text: &str) -> String {
        text.replace("{device}", &self.device)
            .replace("{user}", self.user)
            .replace("{team}", self.team)
            .replace("{n}", &self.n_mailboxes.to_string())
    }

    /// The asset of a kind.
    #[must_use]
    pub fn asset(&self, kind: &str) -> Option<Asset> {
        let (name, criticality) = match kind {
            "device" => (self.device.clone(), Some(self.device_criticality)),
            "user" => (
                self.user.to_owned(),
                self.user.starts_with("adm.").then_some("veryHigh"),
            ),
            "mailbox" => (format!("{}@contoso.example", self.team), None),
            _ => ("Contoso tenant".to_owned(), None),
        };
        Some(Asset {
            kind: kind.to_owned(),
            id: Some(format!("{kind}-{:08x}", Random::of(&name).bits() >> 32)),
            name,
            criticality: criticality.map(str::to_owned),
        })
    }

    /// What a scenario is about: the assets of its steps, each once.
    #[must_use]
    pub fn assets(&self, scenario: &Scenario) -> Vec<Asset> {
        let mut assets: Vec<Asset> = Vec::new();
        for asset in scenario.steps.iter().filter_map(|step| self.asset(step.asset)) {
            if !assets.contains(&asset) {
                assets.push(asset);
            }
        }
        assets
    }

    /// What a step acts on.
    #[must_use]
    pub fn entity(&self, step: &Step, random: &mut Random) -> String {
        match step.entity_type {
            "file" => {
                let mut path = random.pick(&words::FOLDERS).replace("{user}", self.user);
                path.push_str(random.pick(&words::FILES));
                if random.chance(50) {
                    let at = path.rfind('.').unwrap_or(path.len());
                    path.insert_str(at, &format!("_{}", random.hex(4)));
                }
                path
            }
            "process" => {
                if step.action_type == "liveResponseCommand" {
                    random
                        .pick(&[
                            "getfile C:\\Temp\\mem.dmp",
                            "processes",
                            "run collect.ps1",
                            "connections",
                        ])
                        .to_owned()
                } else {
                    format!(
                        "{} [{}]",
                        random.pick(&words::PROCESSES),
                        random.between(400, 32_000)
                    )
                }
            }
            "service" => random.pick(&words::SERVICES).to_owned(),
            "driver" => random.pick(&words::DRIVERS).to_owned(),
            "registryKey" => random.pick(&words::REGISTRY_KEYS).to_owned(),
            "scheduledTask" => random.pick(&words::TASKS).to_owned(),
            "device" => format!("{}.corp.contoso.example", self.device.to_lowercase()),
            "user" => format!("{}@contoso.example", self.user),
            "ip" => {
                let net = random.pick(&["203.0.113.", "198.51.100.", "192.0.2."]);
                format!("{net}{}", random.between(1, 254))
            }
            "url" => format!(
                "https://{}/{}?continue={}",
                random.pick(&words::DOMAINS),
                random.pick(&["sso", "x/kit.js", "verify", "d/view", "inbox"]),
                random.hex(8)
            ),
            "mailbox" => match step.action_type {
                "turnOffMailForwarding" => format!("to: archive.backup{}@mail.example", random.below(99)),
                "removeMailForwardingRule" => {
                    format!("rule “{}”", random.pick(&["..", "RSS", "move all", "Archive"]))
                }
                _ => format!("{}@contoso.example", self.team),
            },
            "mailMessage" | "mailCluster" => random.pick(&words::SUBJECTS).to_owned(),
            "cloudResource" => random.pick(&words::CLOUD_APPS).to_owned(),
            other => other.to_owned(),
        }
    }
}
