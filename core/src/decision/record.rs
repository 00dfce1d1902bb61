//! An intent as stored text: length-prefixed fields and a checksum. A record that was cut, edited or written by another
//! version is not read at all: a decision that might not be the confirmed one must never be sent.

use crate::domain::action::Operation;

use super::intent::{Entry, Hold, Intent, Item, Scope, Stage};

const FORMAT: &str = "action-center-intent-1";

/// Writes what is needed to send the intent again, and who is about to.
pub(super) fn encode(intent: &Intent) -> String {
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
    push_number(&mut text, intent.entries.len() as u64);
    for entry in &intent.entries {
        push(&mut text, &entry.item.id);
        push(&mut text, &entry.item.version);
    }
    let sum = checksum(&text);
    push_number(&mut text, sum);
    text
}

/// Reads a record. The intent comes back as nobody's, with nothing proven.
pub(super) fn decode(text: &str) -> Option<Intent> {
    let mut reader = Reader { text, at: 0 };
    if reader.field()? != FORMAT {
        return None;
    }
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
    let count = reader.number()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let id = reader.field()?.to_owned();
        let version = reader.field()?.to_owned();
        entries.push(Entry::new(Item { id, version }));
    }
    let sum = checksum(text.get(..reader.at)?);
    if reader.number()? != sum || reader.at != text.len() || entries.is_empty() {
        return None;
    }
    Some(Intent {
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
        stage: if sent_at_millis.is_some() {
            Stage::Stalled
        } else {
            Stage::Held(Hold::Restored)
        },
        is_doubtful: sent_at_millis.is_some(),
        straggling_until_millis: 0,
        attempt: 0,
        failures: 0,
        rejections: 0,
    })
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
            stage: Stage::Queued,
            is_doubtful: false,
            straggling_until_millis: 0,
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
                let text = encode(&written);
                let read = decode(&text).expect("a whole record");
                assert_eq!(encode(&read), text);
                assert_eq!(read.comment, written.comment);
                assert_eq!(read.is_doubtful, sent_at_millis.is_some());
            }
        }
    }

    #[test]
    fn a_damaged_record_is_not_read() {
        let text = encode(&intent(Some("because"), None));
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
        assert!(decode(&(text + " ")).is_none());
    }
}
