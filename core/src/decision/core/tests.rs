//! The machine's rules one by one. How they hold together under faults is the simulation's part (`core/tests`).

use std::collections::{BTreeMap, VecDeque};

use super::*;
use crate::decision::answer::{Answer, Problem, Receipted};
use crate::decision::backoff::MAX_RETRY_AFTER_MILLIS;
use crate::decision::intent::{Item, Outcome, State};
use crate::domain::action::Operation;

const START_MILLIS: u64 = 1_790_000_000_000;

/// A page around the core: it stores what it is told to, and keeps what was sent.
struct Page {
    core: Core,
    now_millis: u64,
    storage: BTreeMap<String, String>,
    is_full: bool,
    sent: Vec<Request>,
    asks: Vec<Ask>,
    n_keys: usize,
}

fn scope(user_id: &str) -> Scope {
    Scope {
        user_id: user_id.to_owned(),
        tenant_id: String::new(),
        api_base: "https://soc.example/api/v1".to_owned(),
    }
}

fn draft(ids: &[&str]) -> Draft {
    let item = |id: &&str| Item {
        id: (*id).to_owned(),
        version: "1".to_owned(),
    };
    Draft {
        operation: Operation::Approve,
        items: ids.iter().map(item).collect(),
        comment: Some(" because ".to_owned()),
        reason: None,
    }
}

fn problem(status: u16, word: &str) -> Answer {
    let (word, detail) = (word.to_owned(), String::new());
    Answer::Problem(Problem {
        status,
        word,
        detail,
        retry_after_millis: None,
    })
}

fn receipt(results: &[(&str, &str)]) -> Answer {
    let result = |(id, word): &(&str, &str)| Receipted {
        id: (*id).to_owned(),
        outcome: Outcome::from_word(word),
        detail: String::new(),
    };
    Answer::Receipt(results.iter().map(result).collect())
}

impl Page {
    fn new() -> Self {
        Self::with(Core::new("tab-1"), BTreeMap::new(), START_MILLIS)
    }

    fn with(core: Core, storage: BTreeMap<String, String>, now_millis: u64) -> Self {
        let mut page = Self {
            core,
            now_millis,
            storage,
            is_full: false,
            sent: Vec::new(),
            asks: Vec::new(),
            n_keys: 0,
        };
        let records: Vec<(String, String)> = page.storage.clone().into_iter().collect();
        let effects = page.core.restore(&records, page.moment());
        page.carry_out(effects);
        page.sign_in("ann", 2);
        page
    }

    /// The page is loaded again, in the same tab.
    fn reload(self) -> Self {
        let page = Self::with(Core::new("tab-1"), self.storage, self.now_millis);
        Self {
            n_keys: self.n_keys,
            ..page
        }
    }

    fn moment(&self) -> Moment {
        Moment {
            now_millis: self.now_millis,
            random: 7,
        }
    }

    fn sign_in(&mut self, user_id: &str, max_batch: usize) {
        let effects = self.core.session(scope(user_id), max_batch, self.moment());
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Persist { key, record } => {
                    if !self.is_full {
                        self.storage.insert(key.clone(), record);
                    }
                    effects.extend(self.core.stored(&key, !self.is_full, self.moment()));
                }
                Effect::Forget { key } => {
                    self.storage.remove(&key);
                }
                Effect::Reread { key } => {
                    let record = self.storage.get(&key).map(String::as_str);
                    effects.extend(self.core.shared(&key, record, self.moment()));
                }
                Effect::Send(request) => self.sent.push(request),
                Effect::AskSession(ask) => self.asks.push(ask),
                Effect::Unstored { .. } | Effect::Unreadable { .. } | Effect::Changed => {}
            }
        }
    }

    fn keys(&mut self, count: usize) -> Vec<String> {
        self.n_keys += count;
        (self.n_keys - count..self.n_keys)
            .map(|number| "key-0000".to_owned() + &number.to_string())
            .collect()
    }

    fn confirm(&mut self, ids: &[&str]) -> String {
        let keys = self.keys(self.core.keys_needed(ids.len()));
        let confirmed = self
            .core
            .confirm(draft(ids), &keys, self.moment())
            .expect("a good draft");
        self.carry_out(confirmed.effects);
        confirmed.batch
    }

    fn refusal(&mut self, draft: Draft) -> Option<Refusal> {
        let keys = self.keys(9);
        self.core.confirm(draft, &keys, self.moment()).err()
    }

    /// Answers the last request.
    fn answer(&mut self, answer: Answer) {
        let last = self.sent.last().expect("something was sent").clone();
        let effects = self.core.answered(&last.key, last.attempt, answer, self.moment());
        self.carry_out(effects);
    }

    /// Lets time pass as a browser does: waking the core whenever it wants to be.
    fn pass(&mut self, millis: u64) {
        let end_millis = self.now_millis + millis;
        while let Some(due) = self.core.next_wake_millis().filter(|due| *due <= end_millis) {
            self.now_millis = due.max(self.now_millis + 1);
            let effects = self.core.tick(self.moment());
            self.carry_out(effects);
        }
        self.now_millis = end_millis;
    }

    fn state(&self, batch: &str, id: &str) -> Option<State> {
        self.core
            .items(batch)
            .find(|view| view.item.id == id)
            .map(|view| view.state)
    }

    fn why(&self, batch: &str, id: &str) -> Option<Why> {
        self.core
            .items(batch)
            .find(|view| view.item.id == id)
            .map(|view| view.why)
    }

    fn tally(&self, batch: &str) -> Tally {
        self.core
            .batch(batch)
            .map(|batch| batch.tally)
            .unwrap_or_default()
    }
}

#[test]
fn an_intent_is_written_before_it_is_sent_and_forgotten_with_the_answer() {
    let mut page = Page::new();
    let keys = page.keys(1);
    let confirmed = page
        .core
        .confirm(draft(&["a"]), &keys, page.moment())
        .expect("a good draft");
    assert!(matches!(
        confirmed.effects[..],
        [Effect::Persist { .. }, Effect::Changed]
    ));
    page.carry_out(confirmed.effects);
    assert_eq!(page.sent.len(), 1);
    assert_eq!(page.sent[0].comment.as_deref(), Some("because"));
    assert_eq!(page.state(&confirmed.batch, "a"), Some(State::Sending));
    page.answer(receipt(&[("a", "done")]));
    assert_eq!(page.state(&confirmed.batch, "a"), Some(State::Done));
    assert!(page.storage.is_empty());
    assert_eq!(page.core.next_wake_millis(), None);
}

#[test]
fn a_bad_draft_is_not_taken() {
    let mut page = Page::new();
    page.confirm(&["locked"]);
    let mut unseen = draft(&["a", "b"]);
    unseen.items[1].version.clear();
    let mut wordy = draft(&["a"]);
    wordy.comment = Some("x".repeat(4_001));
    for (draft, expected) in [
        (draft(&[]), Refusal::Empty),
        (draft(&["a", "b", "a"]), Refusal::Twice("a".to_owned())),
        (unseen, Refusal::NoVersion("b".to_owned())),
        (
            draft(&["a", "locked"]),
            Refusal::Locked(vec!["locked".to_owned()]),
        ),
        (wordy, Refusal::LongComment),
    ] {
        assert_eq!(page.refusal(draft), Some(expected));
    }
    for keys in [
        vec![],
        vec!["short".to_owned()],
        vec!["key 00001".to_owned()],
        vec!["key-00000".to_owned()],
    ] {
        assert_eq!(
            page.core.confirm(draft(&["a"]), &keys, page.moment()),
            Err(Refusal::BadKeys)
        );
    }
    let mut nobody = Core::new("tab-2");
    let keys = ["key-00009".to_owned()];
    assert_eq!(
        nobody.confirm(draft(&["a"]), &keys, page.moment()),
        Err(Refusal::NoSession)
    );
}

#[test]
fn without_an_answer_the_same_request_is_sent_again_until_there_is_one() {
    for answer in [
        Answer::NoAnswer,
        Answer::Unreadable,
        problem(500, ""),
        problem(409, "in-progress"),
        receipt(&[("b", "done")]),
    ] {
        let mut page = Page::new();
        let batch = page.confirm(&["a"]);
        page.answer(answer.clone());
        assert_eq!(page.state(&batch, "a"), Some(State::Unknown), "{answer:?}");
        assert!(page.core.lock("a").is_some());
        page.pass(2_000);
        assert_eq!(page.sent.len(), 2, "{answer:?}");
        let first = Request {
            attempt: 2,
            ..page.sent[0].clone()
        };
        assert_eq!(page.sent[1], first);
        page.answer(receipt(&[("a", "alreadyDecided")]));
        assert_eq!(page.state(&batch, "a"), Some(State::Refused));
        assert!(page.core.lock("a").is_none());
    }
}

#[test]
fn a_request_that_nobody_answers_is_unknown_after_a_minute() {
    let mut page = Page::new();
    let batch = page.confirm(&["a"]);
    page.pass(59_000);
    assert_eq!(page.state(&batch, "a"), Some(State::Sending));
    page.pass(4_000);
    assert_eq!(page.state(&batch, "a"), Some(State::Unknown));
    assert_eq!(page.sent.len(), 2);
}

#[test]
fn a_late_receipt_is_proof_and_a_late_problem_is_not() {
    let mut page = Page::new();
    let batch = page.confirm(&["a"]);
    page.pass(63_000);
    let first = page.sent[0].clone();
    let effects = page.core.answered(
        &first.key,
        first.attempt,
        problem(403, "forbidden"),
        page.moment(),
    );
    page.carry_out(effects);
    assert_eq!(page.state(&batch, "a"), Some(State::Unknown));
    let effects = page.core.answered(
        &first.key,
        first.attempt,
        receipt(&[("a", "done")]),
        page.moment(),
    );
    page.carry_out(effects);
    assert_eq!(page.state(&batch, "a"), Some(State::Done));
}

#[test]
fn a_clear_refusal_ends_it_at_once() {
    for (status, word, can_retry) in [
        (400, "idempotency-key-required", 1),
        (403, "forbidden", 0),
        (404, "not-found", 1),
        (413, "too-many-items", 1),
        (422, "idempotency-key-reused", 0),
    ] {
        let mut page = Page::new();
        let batch = page.confirm(&["a"]);
        page.answer(problem(status, word));
        assert_eq!(page.state(&batch, "a"), Some(State::Refused), "{status}");
        assert_eq!(
            page.core.batch(&batch).map(|batch| batch.can_retry),
            Some(can_retry),
            "{status}"
        );
        page.pass(600_000);
        assert_eq!(page.sent.len(), 1, "{status}");
    }
}

#[test]
fn a_refusal_does_not_speak_for_an_attempt_that_may_still_be_on_its_way() {
    let mut page = Page::new();
    let batch = page.confirm(&["a"]);
    page.answer(Answer::NoAnswer);
    page.pass(2_000);
    page.answer(problem(403, "forbidden"));
    assert_eq!(page.state(&batch, "a"), Some(State::Unknown));
    let mut n_refused = 1;
    while page.state(&batch, "a") == Some(State::Unknown) {
        let n_sent = page.sent.len();
        page.pass(1_000);
        if n_sent < page.sent.len() {
            page.answer(problem(403, "forbidden"));
            n_refused += 1;
        }
    }
    assert_eq!(page.state(&batch, "a"), Some(State::Refused));
    assert!(START_MILLIS + 180_000 <= page.now_millis && page.now_millis <= START_MILLIS + 300_000);
    assert!(3 < n_refused && n_refused < 20, "{n_refused}");
}

#[test]
fn an_ended_session_is_waited_for_and_the_same_request_goes_on() {
    for (status, word, ask) in [
        (401, "unauthenticated", Ask::SignedOut),
        (403, "csrf-token-invalid", Ask::Token),
    ] {
        let mut page = Page::new();
        page.confirm(&["a"]);
        page.answer(problem(status, word));
        assert_eq!(page.asks, [ask]);
        page.pass(60_000);
        assert_eq!(page.sent.len(), 1);
        page.sign_in("ann", 2);
        assert_eq!(page.sent.len(), 2);
        assert_eq!(page.sent[1].key, page.sent[0].key);
    }
}

#[test]
fn another_user_does_not_send_what_somebody_else_confirmed() {
    let mut page = Page::new();
    let batch = page.confirm(&["a"]);
    page.answer(problem(401, "unauthenticated"));
    page.sign_in("bo", 2);
    page.pass(300_000);
    assert_eq!(page.sent.len(), 1);
    assert_eq!(page.why(&batch, "a"), Some(Why::OtherScope));
    assert_eq!(page.core.parked(), 1);
    assert!(page.core.lock("a").is_none(), "to Bo it is another analyst's");
    page.sign_in("ann", 2);
    page.pass(1_000);
    assert_eq!(page.sent.len(), 2);
}

#[test]
fn a_limit_is_kept_for_all_requests() {
    let mut page = Page::new();
    page.confirm(&["a"]);
    let (word, detail, retry_after_millis) = ("too-many-requests".to_owned(), String::new(), Some(30_000));
    page.answer(Answer::Problem(Problem {
        status: 429,
        word,
        detail,
        retry_after_millis,
    }));
    let batch = page.confirm(&["b"]);
    page.pass(29_000);
    assert_eq!(page.sent.len(), 1);
    assert_eq!(page.state(&batch, "b"), Some(State::Unsent));
    page.pass(3_000);
    assert_eq!(page.sent.len(), 3);
}

#[test]
fn after_a_reload_what_was_sent_is_asked_for_and_what_was_not_waits_for_a_person() {
    let mut page = Page::new();
    let batch = page.confirm(&["a", "b", "c", "d", "e"]);
    assert_eq!(page.sent.len(), 2, "two at a time");
    let sent = page.sent.clone();
    let mut page = page.reload();
    assert_eq!(page.sent, sent);
    let expected = Tally {
        total: 5,
        unknown: 4,
        unsent: 1,
        ..Tally::default()
    };
    assert_eq!(page.tally(&batch), expected);
    assert_eq!(page.why(&batch, "e"), Some(Why::Restored));
    page.pass(300_000);
    assert!(page.sent.iter().all(|request| request.items[0].id != "e"));
    let effects = page
        .core
        .resume(&batch, page.moment())
        .expect("something is held");
    page.carry_out(effects);
    for request in sent {
        let ids: Vec<(&str, &str)> = request
            .items
            .iter()
            .map(|item| (item.id.as_str(), "done"))
            .collect();
        let effects = page.core.answered(&request.key, 1, receipt(&ids), page.moment());
        page.carry_out(effects);
    }
    assert_eq!(
        page.sent.last().map(|request| request.items[0].id.as_str()),
        Some("e")
    );
}

#[test]
fn stop_leaves_the_rest_unsent() {
    let mut page = Page::new();
    let batch = page.confirm(&["a", "b", "c", "d", "e", "f"]);
    let effects = page.core.stop(&batch, page.moment());
    page.carry_out(effects);
    page.answer(receipt(&[("c", "done"), ("d", "failed")]));
    page.pass(50_000);
    let expected = Tally {
        total: 6,
        done: 1,
        refused: 1,
        unsent: 2,
        sending: 2,
        ..Tally::default()
    };
    assert_eq!(page.tally(&batch), expected);
    assert_eq!(page.sent.len(), 2);
    assert!(page.core.lock("e").is_none());
    // Kept only so that the batch adds up: another tab is free to decide it.
    let other = Page::with(Core::new("tab-2"), page.storage.clone(), page.now_millis);
    assert!(other.core.lock("e").is_none() && other.core.lock("d").is_none());
    let mut page = page.reload();
    let expected = Tally {
        unknown: 2,
        sending: 0,
        ..expected
    };
    assert_eq!(page.tally(&batch), expected);
    page.answer(receipt(&[("a", "done"), ("b", "done")]));
    assert_eq!(page.why(&batch, "e"), Some(Why::Restored));
    let effects = page.core.dismiss(&batch, page.moment());
    page.carry_out(effects);
    assert!(page.storage.is_empty());
}

#[test]
fn a_batch_adds_up_after_a_reload_in_its_middle() {
    let mut page = Page::new();
    let batch = page.confirm(&["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
    page.answer(receipt(&[("c", "done"), ("d", "failed")]));
    page.answer(problem(403, "forbidden"));
    for _ in 0..2 {
        page = page.reload();
        let expected = Tally {
            total: 9,
            done: 1,
            refused: 3,
            unknown: 4,
            unsent: 1,
            ..Tally::default()
        };
        assert_eq!(page.tally(&batch), expected);
        assert_eq!(page.core.batch(&batch).map(|batch| batch.can_retry), Some(1));
        for id in ["c", "d", "e", "f"] {
            assert!(page.core.lock(id).is_none(), "{id}");
        }
    }
    // What failed is tried again after the reload, and counts once.
    let keys = page.keys(1);
    let effects = page.core.retry_failed(&batch, &keys, page.moment());
    page.carry_out(effects.expect("something failed"));
    page = page.reload();
    assert_eq!(page.tally(&batch).total, 9);
    let effects = page.core.resume(&batch, page.moment());
    page.carry_out(effects.expect("d and i were not sent"));
    for at in 0..4 {
        let request = page.sent[at].clone();
        let word = |id: &str| if id == "b" { "expired" } else { "done" };
        let ids = request.items.iter().map(|item| item.id.as_str());
        let results: Vec<(&str, &str)> = ids.map(|id| (id, word(id))).collect();
        let answer = receipt(&results);
        let effects = page
            .core
            .answered(&request.key, request.attempt, answer, page.moment());
        page.carry_out(effects);
    }
    assert_eq!(page.sent.len(), 4, "what was on its way, and d and i");
    let tally = page.tally(&batch);
    assert_eq!((tally.total, tally.done, tally.refused), (9, 6, 3));
    assert!(page.storage.is_empty(), "nothing is kept of what is over");
}

#[test]
fn what_is_over_gives_way_where_the_storage_is_full() {
    let mut page = Page::new();
    let batch = page.confirm(&["a", "b", "c", "d", "e", "f", "g", "h"]);
    page.answer(receipt(&[("c", "done"), ("d", "done")]));
    let settled = page.sent[1].key.clone();
    assert!(page.storage.contains_key(&settled));
    page.is_full = true;
    page.answer(receipt(&[("e", "done"), ("f", "done")]));
    assert!(!page.storage.contains_key(&settled) && !page.storage.contains_key(&page.sent[2].key));
    assert_eq!(page.why(&batch, "g"), Some(Why::Storage));
    let expected = Tally {
        total: 8,
        done: 4,
        unsent: 2,
        sending: 2,
        ..Tally::default()
    };
    assert_eq!(page.tally(&batch), expected);
}

#[test]
fn a_pause_that_the_backend_asked_for_outlasts_the_page() {
    for (status, others_wait) in [(429, true), (503, false)] {
        let mut page = Page::new();
        page.confirm(&["a"]);
        let (word, detail, retry_after_millis) = (String::new(), String::new(), Some(60_000));
        page.answer(Answer::Problem(Problem {
            status,
            word,
            detail,
            retry_after_millis,
        }));
        let mut page = page.reload();
        page.pass(58_000);
        assert!(page.sent.is_empty(), "{status}: too soon");
        let batch = page.confirm(&["b"]);
        let state = page.state(&batch, "b");
        assert_eq!(state == Some(State::Unsent), others_wait, "{status}");
        page.pass(9_000);
        assert_eq!(page.sent.len(), 2, "{status}");
        // A clock that was set back by a day makes it no longer than the longest.
        let mut page = page.reload();
        page.now_millis -= 24 * 3_600_000;
        let mut page = page.reload();
        page.pass(MAX_RETRY_AFTER_MILLIS);
        assert!(!page.sent.is_empty(), "{status}: forgotten");
    }
}

#[test]
fn a_full_storage_is_asked_about_before_anything_is_sent() {
    let mut page = Page::new();
    page.is_full = true;
    let batch = page.confirm(&["a"]);
    assert!(page.sent.is_empty());
    assert_eq!(page.why(&batch, "a"), Some(Why::Storage));
    let effects = page.core.go_on(&batch, page.moment());
    page.carry_out(effects);
    assert_eq!(page.sent.len(), 1);
    let batch = page.confirm(&["b"]);
    let effects = page.core.stop(&batch, page.moment());
    page.carry_out(effects);
    assert_eq!(page.why(&batch, "b"), Some(Why::Stopped));
    assert_eq!(page.sent.len(), 1);
}

#[test]
fn only_what_failed_is_tried_again_with_a_new_key() {
    let mut page = Page::new();
    let batch = page.confirm(&["a", "b"]);
    page.answer(receipt(&[("a", "failed"), ("b", "changed")]));
    let keys = page.keys(1);
    let effects = page
        .core
        .retry_failed(&batch, &keys, page.moment())
        .expect("one failed");
    page.carry_out(effects);
    let last = page.sent.last().expect("it was sent");
    assert_eq!((last.key.as_str(), last.items.len()), (keys[0].as_str(), 1));
    let expected = Tally {
        total: 2,
        refused: 1,
        sending: 1,
        ..Tally::default()
    };
    assert_eq!(page.tally(&batch), expected);
    let keys = page.keys(1);
    assert_eq!(
        page.core.retry_failed(&batch, &keys, page.moment()),
        Err(Refusal::Nothing)
    );
}

#[test]
fn an_outcome_that_can_t_be_found_out_any_more_is_left_to_a_person() {
    let mut page = Page::new();
    let batch = page.confirm(&["a"]);
    page.answer(Answer::NoAnswer);
    page.pass(25 * 3_600_000);
    assert_eq!(page.why(&batch, "a"), Some(Why::KeyTooOld));
    assert_eq!(page.state(&batch, "a"), Some(State::Unknown));
    let n_sent = page.sent.len();
    page.pass(3_600_000);
    assert_eq!(page.sent.len(), n_sent);
    assert!(page.sent.iter().all(|request| request.key == page.sent[0].key));
    let effects = page.core.release("a", page.moment());
    page.carry_out(effects);
    assert!(page.core.lock("a").is_none());
    assert_eq!(page.state(&batch, "a"), Some(State::Unknown));
    assert!(page.storage.is_empty());
}

#[test]
fn a_word_that_this_version_does_not_know_proves_nothing() {
    let mut page = Page::new();
    let batch = page.confirm(&["a", "b"]);
    page.answer(receipt(&[("a", "postponed"), ("b", "done")]));
    assert_eq!(page.why(&batch, "a"), Some(Why::Unfamiliar));
    assert_eq!(page.state(&batch, "a"), Some(State::Unknown));
    assert!(page.core.lock("a").is_some() && page.core.lock("b").is_none());
    page.pass(3_600_000);
    assert_eq!(page.sent.len(), 1);
}

#[test]
fn after_sleep_nothing_is_sent_before_the_session_was_read() {
    let mut page = Page::new();
    let batch = page.confirm(&["a", "b", "c", "d", "e"]);
    page.now_millis += 8 * 3_600_000;
    let effects = page.core.tick(page.moment());
    page.carry_out(effects);
    assert_eq!(page.asks, [Ask::Woken]);
    assert_eq!(page.sent.len(), 2);
    assert_eq!(page.why(&batch, "e"), Some(Why::Woken));
    page.sign_in("ann", 2);
    page.pass(2_000);
    assert_eq!(
        page.sent.len(),
        4,
        "what was sent is asked for, the rest waits for a person"
    );
}

#[test]
fn an_event_is_shown_and_asked_about_and_proves_nothing() {
    let mut page = Page::new();
    let batch = page.confirm(&["a"]);
    page.answer(Answer::NoAnswer);
    for _ in 0..6 {
        page.pass(60_000);
        page.answer(Answer::NoAnswer);
    }
    let n_sent = page.sent.len();
    let effects = page.core.observed("a", "2", page.moment());
    page.carry_out(effects);
    page.pass(1_000);
    assert_eq!(page.sent.len(), n_sent + 1);
    assert_eq!(page.state(&batch, "a"), Some(State::Unknown));
    assert_eq!(
        page.core.lock("a").and_then(|lock| lock.newer_version).as_deref(),
        Some("2")
    );
}

#[test]
fn another_tab_shares_the_lock_and_takes_over_what_a_closed_one_left() {
    let mut page = Page::new();
    page.confirm(&["a"]);
    let sent = page.sent[0].clone();
    let mut other = Page::with(Core::new("tab-2"), page.storage.clone(), page.now_millis);
    assert_eq!(other.core.lock("a").map(|lock| lock.why), Some(Why::OtherTab));
    assert!(matches!(other.refusal(draft(&["a"])), Some(Refusal::Locked(_))));
    other.pass(100_000);
    assert!(other.sent.is_empty());
    other.pass(60_000);
    assert_eq!(other.sent.first(), Some(&sent));
    other.answer(receipt(&[("a", "done")]));
    assert!(other.core.lock("a").is_none() && other.storage.is_empty());
}

#[test]
fn what_another_tab_still_asks_for_stays_locked_when_something_else_is_answered() {
    let mut page = Page::new();
    // Records come back in the order of their keys, which says nothing of their age.
    page.n_keys = 5;
    page.confirm(&["a", "b"]);
    page.answer(receipt(&[("a", "done"), ("b", "postponed")]));
    page.n_keys = 0;
    assert_eq!(
        page.refusal(draft(&["a"])),
        Some(Refusal::Decided(vec!["a".to_owned()])),
        "what was done is not done again to the same version"
    );
    let mut newer = draft(&["a"]);
    newer.items[0].version = "2".to_owned();
    page.n_keys = 0;
    let keys = page.keys(1);
    let confirmed = page.core.confirm(newer, &keys, page.moment());
    page.carry_out(confirmed.expect("a newer version").effects);
    page.answer(Answer::NoAnswer);
    // The first needs a person and is not renewed: another tab takes it over. The second is on its way.
    page.pass(200_000);
    let mut other = Page::with(Core::new("tab-2"), page.storage.clone(), page.now_millis);
    other.answer(receipt(&[("a", "done"), ("b", "postponed")]));
    assert_eq!(other.core.lock("a").map(|lock| lock.why), Some(Why::OtherTab));
    assert!(matches!(other.refusal(draft(&["a"])), Some(Refusal::Locked(_))));
}

#[test]
fn a_tab_that_is_known_to_be_closed_is_not_waited_for() {
    let mut page = Page::new();
    page.confirm(&["a"]);
    let mut other = Page::with(Core::new("tab-2"), page.storage.clone(), page.now_millis);
    let effects = other.core.orphaned("tab-1", other.moment());
    other.carry_out(effects);
    assert_eq!(other.sent, page.sent);
}

#[test]
fn a_clock_that_is_set_back_delays_nothing() {
    let mut page = Page::new();
    let batch = page.confirm(&["a"]);
    page.answer(Answer::NoAnswer);
    page.now_millis -= 5 * 3_600_000;
    page.pass(0);
    let effects = page.core.tick(page.moment());
    page.carry_out(effects);
    page.pass(2_000);
    assert_eq!(page.sent.len(), 2);
    page.answer(receipt(&[("a", "done")]));
    assert_eq!(page.state(&batch, "a"), Some(State::Done));
}

#[test]
fn a_batch_of_500_with_random_failures_adds_up() {
    for seed in 0..20 {
        let mut random = seed;
        let mut page = Page::new();
        page.sign_in("ann", 7);
        let ids: Vec<String> = (0..500)
            .map(|number| "a".to_owned() + &number.to_string())
            .collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let batch = page.confirm(&ids);
        let mut n_answered = 0;
        while page.core.batch(&batch).is_some_and(|batch| batch.is_running) {
            while n_answered < page.sent.len() {
                let request = page.sent[n_answered].clone();
                n_answered += 1;
                let words = [
                    "done",
                    "done",
                    "done",
                    "failed",
                    "changed",
                    "alreadyDecided",
                    "expired",
                ];
                // A backend tells the same outcome each time.
                let word = |id: &str| words[(id.len() * 31 + usize::from(id.as_bytes()[id.len() - 1])) % 7];
                let results: Vec<(&str, &str)> = request
                    .items
                    .iter()
                    .map(|item| (item.id.as_str(), word(&item.id)))
                    .collect();
                let answer = match next_random(&mut random) % 8 {
                    0 => Answer::NoAnswer,
                    1 => problem(503, ""),
                    2 => problem(429, ""),
                    3 => receipt(&results[1..]),
                    _ => receipt(&results),
                };
                let effects = page
                    .core
                    .answered(&request.key, request.attempt, answer, page.moment());
                page.carry_out(effects);
                let tally = page.tally(&batch);
                let sum = tally.done + tally.refused + tally.unknown + tally.unsent + tally.sending;
                assert_eq!((sum, tally.total), (500, 500));
            }
            page.pass(1_000);
        }
        let tally = page.tally(&batch);
        assert_eq!(tally.done + tally.refused, 500);
        assert!(page.storage.is_empty());
    }
}
