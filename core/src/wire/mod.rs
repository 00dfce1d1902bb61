//! The contract's JSON, read tolerantly: unknown members are ignored, `null` is absent, unknown words are kept,
//! a fault inside one row costs that row alone. May use `domain` and serde; wire types never reach a view.

mod event_stream;
mod failure;
mod header;
mod investigation;
mod members;
mod page;
mod parts;
mod relay;
mod reply;
mod row;
mod write;

pub use event_stream::{EventStream, StreamEvent};
pub use failure::Failure;
pub use header::{is_field_value, is_token, utf8_field_value};
pub use investigation::{
    EntityCount, Evidence, InvestigationDetail, LateList, LogStep, read_investigation_detail,
};
pub use page::{Facets, PageHead, SetAside, read_early_cursor, read_head, read_investigations, read_page};
pub use parts::{Count, Stamp, Text};
pub use relay::{Relay, RelayStep};
pub use reply::{
    Capabilities, Detail, Fact, PROBLEM_PREFIX, Problem, Receipt, ReceiptItem, Session, Setting, Target,
    TimelineEvent, read_action, read_detail, read_gone, read_problem, read_receipt, read_session,
    read_settings,
};
pub use row::{AssetRow, DeciderRow, ImpactRow, Row};
pub use write::{action_json, decision_body, investigation_json};

/// Why a body could not be read: what was wrong and where, for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreadable(pub String);

impl Unreadable {
    pub(crate) fn new(error: &serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::action::Action;
    use proptest::prelude::*;

    const GOOD: &str = r#"{"id":"a1","version":"1","type":"quarantineFile","status":"pending","entityType":"file","entity":"C:\\a.exe","createdAt":"2026-11-22T10:02:00Z","updatedAt":"2026-11-22T10:02:00.5+01:00","severity":null,"novel":{"deep":[1,{}]},"impact":{"devices":1.0}}"#;

    fn check(items: &str, ids: &[&str], set_aside: &[usize]) {
        let body =
            format!(r#"{{"total":9,"items":[{items}],"nextCursor":"c","asOf":"2026-11-22T10:02:00Z"}}"#);
        check_bytes(body.as_bytes(), ids, set_aside);
    }

    fn check_bytes(body: &[u8], ids: &[&str], set_aside: &[usize]) {
        let mut read = Vec::new();
        let head = read_page(body, &mut |row| read.push(row.id.to_text())).unwrap();
        assert_eq!(read, ids);
        assert_eq!(
            head.set_aside.iter().map(|row| row.index).collect::<Vec<_>>(),
            set_aside
        );
        assert_eq!((head.total, head.next_cursor.as_deref()), (Some(9), Some("c")));
    }

    fn good(id: &str) -> String {
        GOOD.replace("a1", id)
    }

    #[test]
    fn a_faulty_row_costs_itself_alone() {
        check("", &[], &[]);
        check(&good("a"), &["a"], &[]);
        for faulty in [
            "null",
            "[]",
            "3",
            r#"{"id":"x"}"#,
            &good("x").replace("quarantineFile", "\\ud800"),
            &good("x").replace(r#""pending""#, "7"),
            &good("x").replace("2026-11-22T10:02:00Z", "yesterday"),
            &good("x").replace(r#"{"devices":1.0}"#, r#"{"devices":1.5}"#),
        ] {
            check(
                &format!("{},{faulty},{}", good("a"), good("b")),
                &["a", "b"],
                &[1],
            );
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_cost_their_row_alone() {
        let body = format!(
            r#"{{"items":[{},{},{}],"total":9,"nextCursor":"c"}}"#,
            good("a"),
            good("x").replace("a.exe", "a#.exe"),
            good("b")
        );
        let mut bytes = body.into_bytes();
        let at = bytes.iter().position(|byte| *byte == b'#').unwrap();
        bytes[at] = 0xFF;
        check_bytes(&bytes, &["a", "b"], &[1]);
    }

    #[test]
    fn a_cursor_before_the_rows_is_known_before_them() {
        let late = r#"{"items":[{"nextCursor":"x"}],"nextCursor":"c"}"#;
        for (body, expected) in [
            (
                r#"{"total":3,"nextCursor":"c","asOf":"x","items":[{"id":7}"#,
                Some("c"),
            ),
            (
                r#"{"facets":{"items":[{"nextCursor":"x"}]},"nextCursor":"c\u0041","items":"#,
                Some("cA"),
            ),
            (
                &format!(
                    r#"{{"padding":"{}","nextCursor":"c","items":["#,
                    "é".repeat(5_000)
                ),
                None,
            ),
            (r#"{"nextCursor":null,"items":[]}"#, None),
            (r#"{"nextCursor":5,"items":[]}"#, None),
            (r#"{"nextCursor":"c"}"#, None),
            (late, None),
            ("", None),
        ] {
            assert_eq!(read_early_cursor(body.as_bytes()).as_deref(), expected, "{body}");
        }
        assert_eq!(
            read_head(late.as_bytes()).unwrap().next_cursor.as_deref(),
            Some("c")
        );
    }

    #[test]
    fn what_is_no_page_is_an_error() {
        for body in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"items":7}"#,
            "<!doctype html>",
            r#"{"items":[]"#,
            r#"{"items":[],"nextCursor":5}"#,
        ] {
            assert!(read_page(body.as_bytes(), &mut |_| {}).is_err(), "{body}");
        }
    }

    #[test]
    fn an_action_round_trips() {
        let action = read_action(GOOD.as_bytes()).unwrap();
        assert_eq!(
            action.impact.and_then(crate::domain::action::Impact::sum),
            Some(1)
        );
        assert_eq!(action.severity, None);
        assert_eq!(read_action(action_json(&action).as_bytes()).unwrap(), action);
    }

    #[test]
    fn a_problem_is_read_from_anything() {
        assert_eq!(read_problem(b"<html>"), Problem::default());
        assert_eq!(read_problem(br#"{"type":7,"title":"x"}"#).title, "x");
        assert_eq!(
            read_problem(br#"{"type":"urn:action-center:problem:cursor-expired"}"#).word,
            "cursor-expired"
        );
    }

    #[test]
    fn absent_capabilities_have_the_defaults_of_the_contract() {
        let session = read_session(br#"{"user":{"id":"u","name":"U"},"roles":null,"permissions":["actions.read"],"serverTime":"x","capabilities":{"maxBatch":0}}"#).unwrap();
        assert_eq!(session.capabilities.operations, ["approve", "reject"]);
        assert_eq!(
            (session.capabilities.max_page_size, session.capabilities.max_batch),
            (200, 1)
        );
        assert!(session.may("actions.read") && !session.may("actions.approve"));
    }

    #[test]
    fn settings_are_names_with_texts_told_from_other_values() {
        let text = |value: &str| Setting::Text(value.to_owned());
        let other = |value: &str| Setting::Other(value.to_owned());
        let check = |body: &str, expected: &[(&str, Setting)]| {
            let settings = read_settings(body.as_bytes()).unwrap();
            let settings: Vec<_> = settings
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect();
            assert_eq!(settings, expected, "{body}");
        };
        check(
            r#"{"rowBudget": 10, "links": {"alert": "https://a/{id}", "investigation": null}, "x": [1], "pageSize": "5"}"#,
            &[
                ("links.alert", text("https://a/{id}")),
                ("pageSize", text("5")),
                ("rowBudget", other("10")),
                ("x", other("[1]")),
            ],
        );
        check(r#"{"apiBase": null, "links": null}"#, &[]);
        check(r#"{"apiBase": {"a": 1}}"#, &[("apiBase", other(r#"{"a": 1}"#))]);
        check(r#"{"links": "x"}"#, &[("links", text("x"))]);
        check(r#"{"links": []}"#, &[("links", other("[]"))]);
        assert!(read_settings(b"[]").is_err());
    }

    #[test]
    fn investigations_need_a_backend_that_has_them_and_a_permission() {
        let check = |permission: &str, has: bool, expected: bool| {
            let body = format!(
                r#"{{"user":{{"id":"u"}},"permissions":["{permission}"],"capabilities":{{"investigations":{has}}}}}"#
            );
            assert_eq!(
                read_session(body.as_bytes()).unwrap().has_investigations(),
                expected,
                "{body}"
            );
        };
        check("investigations.read", true, true);
        check("investigations.read", false, false);
        check("actions.read", true, false);
    }

    #[test]
    fn a_receipt_keeps_what_can_be_read() {
        let receipt = read_receipt(br#"{"id":"r","results":[{"id":"a","outcome":"done","action":{}},{"id":"b"},{"id":"c","outcome":"novel","detail":3}]}"#).unwrap();
        assert_eq!(
            receipt
                .items
                .iter()
                .map(|item| (item.id.as_str(), item.outcome.as_str()))
                .collect::<Vec<_>>(),
            [("a", "done"), ("c", "novel")]
        );
        assert!(read_receipt(b"<html>").is_err());
    }

    #[test]
    fn a_decision_without_a_comment_has_none() {
        assert_eq!(
            decision_body("approve", " \n", None, &[("a\"".to_owned(), "1".to_owned())]),
            r#"{"operation":"approve","items":[{"id":"a\"","version":"1"}]}"#
        );
    }

    proptest! {
        #[test]
        fn reading_never_panics(body in proptest::collection::vec(any::<u8>(), 0..200), cut in 0_usize..400) {
            let page = format!(r#"{{"items":[{GOOD},{GOOD}],"total":2}}"#);
            let mut damaged = page.as_bytes()[..page.len() - cut.min(page.len())].to_vec();
            damaged.extend(&body);
            for bytes in [&body[..], &damaged[..]] {
                let _page = read_page(bytes, &mut |_| {});
                let _cursor = read_early_cursor(bytes);
                let _session = read_session(bytes);
                let _detail = read_detail(bytes);
                let _investigation = read_investigation_detail(bytes);
                let _receipt = read_receipt(bytes);
                let _problem = read_problem(bytes);
            }
        }

        #[test]
        fn any_text_survives_the_wire(text in any::<String>()) {
            let action = Action { id: text.clone(), entity: text.clone(), comment: Some(text), ..Action::default() };
            prop_assert_eq!(read_action(action_json(&action).as_bytes()).unwrap(), action);
        }
    }
}
