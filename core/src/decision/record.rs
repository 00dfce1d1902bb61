//! An intent as stored text: length-prefixed fields and a checksum. A record that was cut, edited or written by a version
//! that is not known here is not read at all: a decision that might not be the confirmed one must never be sent.

use crate::domain::action::Operation;

use super::intent::{Cause, Entry, Finding, Hold, Intent, Item, Outcome, Scope, Stage};
use crate::domain::text;

const FORMAT: &str = "action-center-intent-2";
/// The format before: without pauses and outcomes.
const FORMER_FORMAT: &str = "action-center-intent-1";
/// Of the server's words on an outcome so many characters are kept.
const MAX_DETAIL_CHARS: usize = 300;

/// Writes what is needed to send the intent again, and who is about to; or, where every item is proven, what came of it.
/// Until `limit_until_millis` the backend asked the user to send nothing.
pub(super) fn encode(intent: &Intent, limit_until_millis: u64) -> String {
    let mut text = String::new();
    push(&mut text, FORMAT);
    push(&mut text, &intent.key);
    push(&mut text, &intent.batch);
    push_number(&mut text, intent.round);
    push(&mut text, &intent.scope.user_id);
    push(&mut text, &intent.scope.tenant_id);
    push(&mut text, &intent.scope.api_base);
    push(&mut text, intent.operation.word());
    push_option(&mut text, intent.comment.as_deref());
    push_option(&mut text, intent.reason.as_deref());
    push_number(&mut text, intent.confirmed_at_millis);
    // Zero: never sent.
    push_number(&mut text, intent.sent_at_millis.unwrap_or(0));
    push(&mut text, &intent.tab);
    push_number(&mut text, intent.lease_until_millis);
    push_number(&mut text, limit_until_millis);
    push_number(&mut text, intent.asked_until_millis);
    // What is proven in part is proven again by the next answer.
    let is_settled = intent.stage == Stage::Settled;
    push_number(&mut text, u64::from(is_settled));
    push_number(&mut text, intent.entries.len() as u64);
    for entry in &intent.entries {
        push(&mut text, &entry.item.id);
        push(&mut text, &entry.item.version);
        if is_settled {
            push_finding(&mut text, &entry.finding);
        }
    }
    let sum = checksum(&text);
    push_number(&mut text, sum);
    text
}

/// Reads a record, and until when the backend asked its user to send nothing. The intent comes back as nobody's, with nothing
/// proven but what had settled.
pub(super) fn decode(text: &str) -> Option<(Intent, u64)> {
    let mut reader = Reader { text, at: 0 };
    let is_former = match reader.field()? {
        FORMAT => false,
        FORMER_FORMAT => true,
        _ => return None,
    };
    let key = reader.field()?.to_owned();
    let batch = reader.field()?.to_owned();
    let round = reader.number()?;
    let scope = Scope {
        user_id: reader.field()?.to_owned(),
        tenant_id: reader.field()?.to_owned(),
        api_base: reader.field()?.to_owned(),
    };
    let operation = Operation::parse(reader.field()?)?;
    let comment = reader.option()?;
    let reason = reader.option()?;
    let confirmed_at_millis = reader.number()?;
    let sent_at_millis = Some(reader.number()?).filter(|millis| *millis != 0);
    let tab = reader.field()?.to_owned();
    let lease_until_millis = reader.number()?;
    let [limit_until_millis, asked_until_millis, settled] = if is_former {
        [0; 3]
    } else {
        [reader.number()?, reader.number()?, reader.number()?]
    };
    let is_settled = settled != 0;
    let count = reader.number()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let id = reader.field()?.to_owned();
        let version = reader.field()?.to_owned();
        let mut entry = Entry::new(Item { id, version });
        if is_settled {
            entry.finding = reader.finding()?;
        }
        entries.push(entry);
    }
    let sum = checksum(text.get(..reader.at)?);
    if reader.number()? != sum || reader.at != text.len() || entries.is_empty() {
        return None;
    }
    let stage = match sent_at_millis {
        _ if is_settled => Stage::Settled,
        Some(_) => Stage::Stalled,
        None => Stage::Held(Hold::Restored),
    };
    let intent = Intent {
        key,
        batch,
        round,
        scope,
        operation,
        comment,
        reason,
        entries,
        confirmed_at_millis,
        sent_at_millis,
        tab,
        lease_until_millis,
        read_lease_millis: lease_until_millis,
        is_reread: false,
        is_own: false,
        is_written: true,
        has_record: true,
        stage,
        is_doubtful: sent_at_millis.is_some(),
        straggling_until_millis: 0,
        asked_until_millis,
        attempt: 0,
        failures: 0,
        rejections: 0,
    };
    Some((intent, limit_until_millis))
}

/// A letter for what is proven, then its parts; nothing for what is not.
fn push_finding(text: &mut String, finding: &Finding) {
    let (letter, word, status, detail) = match finding {
        Finding::Open => return push(text, ""),
        Finding::Done { detail } => ("d", "", 0, detail),
        Finding::Unfamiliar { word, detail } => ("u", word.as_str(), 0, detail),
        Finding::Refused {
            cause,
            detail,
            can_retry,
        } => {
            let letter = if *can_retry { "f" } else { "r" };
            match cause {
                Cause::Outcome(outcome) => (letter, outcome.word(), 0, detail),
                Cause::Problem { status, word } => (letter, word.as_str(), u64::from(*status), detail),
            }
        }
    };
    push(text, letter);
    push(text, word);
    push_number(text, status);
    push(text, text::clipped(detail, MAX_DETAIL_CHARS).0);
}

fn push(text: &mut String, field: &str) {
    push_digits(text, field.len() as u64);
    text.push(':');
    text.push_str(field);
}

fn push_option(text: &mut String, field: Option<&str>) {
    match field {
        None => text.push('-'),
        Some(field) => push(text, field),
    }
}

fn push_number(text: &mut String, number: u64) {
    let mut digits = String::new();
    push_digits(&mut digits, number);
    push(text, &digits);
}

fn push_digits(text: &mut String, number: u64) {
    if 9 < number {
        push_digits(text, number / 10);
    }
    text.push(char::from(b'0' + (number % 10) as u8));
}

/// FNV-1a, 64 bits: against accidents, not against an attacker, who could call the API at once.
fn checksum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn field(&mut self) -> Option<&'a str> {
        let rest = self.text.get(self.at..)?;
        let colon = rest.find(':')?;
        let length: usize = rest.get(..colon)?.parse().ok()?;
        let start = self.at + colon + 1;
        let end = start.checked_add(length)?;
        let field = self.text.get(start..end)?;
        self.at = end;
        Some(field)
    }

    fn option(&mut self) -> Option<Option<String>> {
        if self.text.get(self.at..)?.starts_with('-') {
            self.at += 1;
            return Some(None);
        }
        self.field().map(|field| Some(field.to_owned()))
    }

    fn number(&mut self) -> Option<u64> {
        self.field()?.parse().ok()
    }

    fn finding(&mut self) -> Option<Finding> {
        let letter = self.field()?;
        if letter.is_empty() {
            return Some(Finding::Open);
        }
        let word = self.field()?;
        let status = u16::try_from(self.number()?).ok()?;
        let detail = self.field()?.to_owned();
        match letter {
            "d" => Some(Finding::Done { detail }),
            "u" => Some(Finding::Unfamiliar {
                word: word.to_owned(),
                detail,
            }),
            "f" | "r" => Some(Finding::Refused {
                cause: match status {
                    0 => Cause::Outcome(Outcome::from_word(word)),
                    _ => Cause::Problem {
                        status,
                        word: word.to_owned(),
                    },
                },
                detail,
                can_retry: letter == "f",
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent(comment: Option<&str>, sent_at_millis: Option<u64>) -> Intent {
        let item = |id: &str, version: &str| {
            Entry::new(Item {
                id: id.to_owned(),
                version: version.to_owned(),
            })
        };
        Intent {
            key: "key-00000001".to_owned(),
            batch: "key-00000001".to_owned(),
            round: 0,
            scope: Scope {
                user_id: "ann".to_owned(),
                tenant_id: String::new(),
                api_base: "https://soc.example/api/v1".to_owned(),
            },
            operation: Operation::Reject,
            comment: comment.map(str::to_owned),
            reason: Some("falsePositive".to_owned()),
            entries: vec![item("a:1", "7"), item("б-2\n", "")],
            confirmed_at_millis: 1_790_000_000_000,
            sent_at_millis,
            tab: "tab-1".to_owned(),
            lease_until_millis: 1_790_000_150_000,
            read_lease_millis: 0,
            is_reread: false,
            is_own: true,
            is_written: true,
            has_record: false,
            stage: Stage::Queued,
            is_doubtful: false,
            straggling_until_millis: 0,
            asked_until_millis: 1_790_000_030_000,
            attempt: 0,
            failures: 0,
            rejections: 0,
        }
    }

    #[test]
    fn a_record_brings_back_the_very_request() {
        for comment in [None, Some(""), Some("-"), Some("3:abc\u{202e}\n\"")] {
            for sent_at_millis in [None, Some(1_790_000_000_500)] {
                let written = intent(comment, sent_at_millis);
                let text = encode(&written, 1_790_000_060_000);
                let (read, limit_until_millis) = decode(&text).expect("a whole record");
                assert_eq!(encode(&read, limit_until_millis), text);
                assert_eq!(read.comment, written.comment);
                assert_eq!(read.is_doubtful, sent_at_millis.is_some());
                let pauses = (read.asked_until_millis, limit_until_millis);
                assert_eq!(pauses, (1_790_000_030_000, 1_790_000_060_000));
            }
        }
    }

    #[test]
    fn what_settled_comes_back_with_its_outcomes_and_what_did_not_with_none() {
        let detail = || "the server’s words".to_owned();
        let refused = |cause, can_retry| Finding::Refused {
            cause,
            detail: detail(),
            can_retry,
        };
        let (status, word) = (413, "too-many-items".to_owned());
        for finding in [
            Finding::Open,
            Finding::Done { detail: detail() },
            Finding::Unfamiliar {
                word: "postponed".to_owned(),
                detail: detail(),
            },
            refused(Cause::Outcome(Outcome::Expired), false),
            refused(Cause::Outcome(Outcome::Failed), true),
            refused(Cause::Problem { status, word }, true),
        ] {
            let mut written = intent(None, Some(1_790_000_000_500));
            written.entries[1].finding = finding.clone();
            let read = decode(&encode(&written, 0)).expect("a whole record").0;
            assert_eq!(read.entries[1].finding, Finding::Open);
            assert_eq!(read.stage, Stage::Stalled);
            written.stage = Stage::Settled;
            let read = decode(&encode(&written, 0)).expect("a whole record").0;
            assert_eq!(read.entries[1].finding, finding);
            assert_eq!(read.stage, Stage::Settled);
        }
    }

    #[test]
    fn long_words_of_the_server_are_cut() {
        let mut written = intent(None, Some(1));
        written.stage = Stage::Settled;
        written.entries[0].finding = Finding::Done {
            detail: "é".repeat(9_999),
        };
        let read = decode(&encode(&written, 0)).expect("a whole record").0;
        let detail = "é".repeat(MAX_DETAIL_CHARS);
        assert_eq!(read.entries[0].finding, Finding::Done { detail });
    }

    #[test]
    fn a_record_of_the_former_format_is_read_as_before() {
        let text = "22:action-center-intent-112:key-0000000112:key-000000011:03:ann0:26:https://soc.example/api/v1\
            7:approve--13:17900000000001:05:tab-113:17900001500001:11:a1:7";
        let mut text = text.to_owned();
        let sum = checksum(&text);
        push_number(&mut text, sum);
        let (read, limit_until_millis) = decode(&text).expect("a whole record");
        assert_eq!((read.key.as_str(), read.entries.len()), ("key-00000001", 1));
        assert_eq!((read.asked_until_millis, limit_until_millis), (0, 0));
        assert_eq!(read.stage, Stage::Held(Hold::Restored));
    }

    #[test]
    fn a_damaged_record_is_not_read() {
        check_damaged(&encode(&intent(Some("because"), None), 0));
        let mut settled = intent(Some("because"), Some(1));
        settled.stage = Stage::Settled;
        settled.entries[0].finding = Finding::Done {
            detail: "well".to_owned(),
        };
        check_damaged(&encode(&settled, 0));
    }

    fn check_damaged(text: &str) {
        for end in 0..text.len() {
            if let Some(cut) = text.get(..end) {
                assert!(decode(cut).is_none(), "cut at {end}");
            }
        }
        for (at, _) in text.char_indices() {
            for replacement in ['0', '9', ':', 'x'] {
                let mut chars: Vec<char> = text.chars().collect();
                let index = text[..at].chars().count();
                if chars[index] == replacement {
                    continue;
                }
                chars[index] = replacement;
                let edited: String = chars.into_iter().collect();
                assert!(decode(&edited).is_none(), "{replacement} at {at}");
            }
        }
        for other in ["", ":", "-", "99999999999999999999:x", "{}", "null"] {
            assert!(decode(other).is_none(), "{other}");
        }
        assert!(decode(&[text, " "].concat()).is_none());
    }
}
