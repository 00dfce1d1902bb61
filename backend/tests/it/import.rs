//! `--import`: what is taken, what is refused, and that it is served.

use action_center_backend::import::{Report, import};
use action_center_core::domain::action::{Action, PENDING};
use action_center_core::domain::time::Time;
use action_center_core::wire;

use crate::backend::Backend;

fn take(backend: &Backend, text: &str) -> Report {
    import(&backend.state.database, text.as_bytes()).unwrap()
}

/// Places that were refused, with a part of the reason.
fn check(text: &str, unit: &str, n_taken: usize, refused: &[(usize, &str)]) {
    let backend = Backend::with(0);
    let report = take(&backend, text);
    assert_eq!((report.unit, report.n_taken()), (unit, n_taken), "{report}");
    let found: Vec<(usize, String)> = report
        .lines
        .iter()
        .filter_map(|line| line.outcome.clone().err().map(|why| (line.place, why)))
        .collect();
    assert_eq!(found.len(), refused.len(), "{report}");
    for ((place, why), (expected_place, part)) in found.iter().zip(refused) {
        assert!(place == expected_place && why.contains(part), "{place}: {why}");
    }
    assert!(
        report
            .to_string()
            .ends_with(&format!("{n_taken} taken, {} refused\n", refused.len()))
    );
}

fn action(id: &str) -> String {
    wire::action_json(&Action {
        id: id.to_owned(),
        version: "7".to_owned(),
        status: PENDING.to_owned(),
        action_type: "quarantineFile".to_owned(),
        entity_type: "file".to_owned(),
        entity: "a\u{202e}.exe".to_owned(),
        investigation_id: Some("inv-1".to_owned()),
        investigation_title: Some("Case".to_owned()),
        created_at: Time(1),
        updated_at: Time(2),
        ..Action::default()
    })
}

#[test]
fn every_form_of_file_is_read() {
    let (a, b) = (action("a"), action("b"));
    check(&format!("[{a},{b}]"), "item", 2, &[]);
    check(&format!("{{\"value\":[{a},{b}]}}"), "item", 2, &[]);
    check(&format!("{{\"items\":[{a}],\"total\":1}}"), "item", 1, &[]);
    check(&format!("\u{feff}{a}\r\n\n{b}\n"), "line", 2, &[]);
    check("[]", "item", 0, &[]);
    check("", "line", 0, &[]);
    let backend = Backend::with(0);
    for text in ["<html>", "id,type\n1,2"] {
        assert!(
            import(&backend.state.database, text.as_bytes())
                .unwrap_err()
                .ends_with('.')
        );
    }
}

#[test]
fn a_faulty_item_costs_itself_alone() {
    let (a, b) = (action("a"), action("b"));
    let lines = [
        a.clone(),
        "{\"id\":\"x\"}".to_owned(),
        "nonsense".to_owned(),
        a.clone(),
        a.replace("\"a\"", "\"\\ud800\""),
        a.replace("\"a\"", "\"\""),
        a.replace("\"a\"", "\"c\"").replace("1970-01-01", "yesterday"),
        "[1]".to_owned(),
        b,
    ];
    check(
        &lines.join("\n"),
        "line",
        2,
        &[
            (2, "neither"),
            (3, "no JSON"),
            (4, "there already"),
            (5, "no JSON"),
            (6, "empty"),
            (7, "time"),
            (8, "no object"),
        ],
    );
}

#[test]
fn what_was_taken_is_served_with_all_that_it_brought() {
    let backend = Backend::with(0);
    let mut json = action("a");
    json.pop();
    json.push_str(r#","operations":["approve"],"summary":"Why","properties":[{"label":"Size","value":"7","kind":"bytes"}],"timeline":[{"at":"2026-01-01T00:00:00Z","event":"created","by":{"kind":"api","name":"Robot"}}]}"#);
    take(&backend, &json);
    let detail = wire::read_detail(&backend.get("actions/a").body).unwrap();
    assert_eq!(
        (detail.action.version.as_str(), detail.action.operations),
        ("7", None)
    );
    assert_eq!((detail.summary.as_deref(), detail.facts.len()), (Some("Why"), 1));
    assert_eq!(
        detail.timeline[0].by.as_ref().map(|by| by.name.as_str()),
        Some("Robot")
    );
    assert_eq!(detail.on_approve, None);
    let answer = backend.get("investigations/inv-1");
    let investigation = wire::read_investigation_detail(&answer.body).unwrap();
    assert_eq!(investigation.investigation.title, "Case");
    assert_eq!(
        (
            investigation.investigation.pending_action_count,
            investigation.actions.len()
        ),
        (Some(1), 1)
    );
    assert!(investigation.evidence.is_empty());
    assert_eq!(
        backend.outcomes("key-0001", "approve", &[("a", "7")])[0].1,
        "done"
    );
}

const MACHINE_ACTIONS: &str = r#"{"@odata.context":"https://api.security.microsoft.com/api/$metadata#MachineActions","value":[
 {"id":"69dc3630-1ccc-4342-acf3-35286eec741d","type":"CollectInvestigationPackage","scope":null,"requestor":"Analyst@contoso.example","requestorComment":"test","status":"Succeeded","machineId":"7b1f4967d9728e5aa3c06a9e617a22a4a5a17378","computerDnsName":"desktop-test","creationDateTimeUtc":"2019-01-02T14:39:38.2262283Z","lastUpdateDateTimeUtc":"2019-01-02T14:40:44.6596267Z","relatedFileInfo":null},
 {"id":"2e9da30d-27f6-4208-81f2-9cd3d67893ba","type":"StopAndQuarantineFile","requestor":"Analyst@contoso.example","requestSource":"Public API","status":"Pending","machineId":"m2","computerDnsName":"","creationDateTimeUtc":"2019-01-02T14:39:38Z","lastUpdateDateTimeUtc":null,"relatedFileInfo":{"fileIdentifier":"a95b","fileIdentifierType":"Sha1"},"errorHResult":0},
 {"id":"3","type":"TurnToStone","status":"Unheard","machineId":"m3","creationDateTimeUtc":"2019-01-02T14:39:38Z"},
 {"id":"4","type":"Isolate","machineId":"m4","creationDateTimeUtc":"2019-01-02T14:39:38Z"},
 {"type":"Isolate","status":"Succeeded","machineId":"m4","creationDateTimeUtc":"soon"}
]}"#;

#[test]
fn saved_machine_actions_are_read() {
    check(
        MACHINE_ACTIONS,
        "item",
        3,
        &[(4, "status is missing"), (5, "id is missing")],
    );
    let backend = Backend::with(0);
    take(&backend, MACHINE_ACTIONS);
    let package = backend.action("69dc3630-1ccc-4342-acf3-35286eec741d");
    assert_eq!(
        (package.action_type.as_str(), package.status.as_str()),
        ("collectInvestigationPackage", "completed")
    );
    assert_eq!(
        (package.entity.as_str(), package.entity_type.as_str()),
        ("desktop-test", "device")
    );
    assert_eq!(package.comment.as_deref(), Some("test"));
    assert_eq!(package.ended_at, Some(package.updated_at));
    let file = backend.action("2e9da30d-27f6-4208-81f2-9cd3d67893ba");
    assert_eq!(
        (
            file.action_type.as_str(),
            file.status.as_str(),
            file.entity.as_str()
        ),
        ("quarantineFile", "queued", "a95b")
    );
    assert_eq!(file.asset.map(|asset| asset.name).as_deref(), Some("m2"));
    assert_eq!(file.decided_by.map(|by| by.kind).as_deref(), Some("api"));
    let unknown = backend.action("3");
    assert_eq!(
        (unknown.action_type.as_str(), unknown.status.as_str()),
        ("turnToStone", "unheard")
    );
    assert_eq!(backend.page("view=history").1.total, Some(3));
}

const INVESTIGATIONS: &str = r#"[
 {"id":"63017","startTime":"2020-01-06T14:11:34Z","endTime":null,"state":"Running","cancelledBy":null,"statusDetails":null,"machineId":"a69a22debe5f","computerDnsName":"desktop-gtrcon0","triggeringAlertId":"da637139166940871892_-598649278"},
 {"id":63018,"startTime":"2020-01-06T14:11:34Z","endTime":"2020-01-06T15:11:34Z","state":"SuccessfullyRemediated","machineId":"b"},
 {"id":"63019","startTime":"never","state":"Benign"}
]"#;

#[test]
fn saved_investigations_are_read() {
    check(INVESTIGATIONS, "item", 2, &[(3, "no time")]);
    let backend = Backend::with(0);
    take(&backend, INVESTIGATIONS);
    for (id, status, is_over) in [("63017", "running", false), ("63018", "remediated", true)] {
        let answer = backend.get(&format!("investigations/{id}"));
        let investigation = wire::read_investigation_detail(&answer.body)
            .unwrap()
            .investigation;
        assert_eq!(
            (investigation.status.as_str(), investigation.ended_at.is_some()),
            (status, is_over)
        );
    }
}
