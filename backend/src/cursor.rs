//! Cursors: opaque to the reader, bound to the query and to this data. They hold the last item's sort key and the time that the
//! first page fixed.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use action_center_core::domain::query::Query;
use action_center_core::domain::time::Time;
use serde_json::Value;

use crate::database::select::{Behind, Key};
use crate::problem::Problem;

/// Where a sequence of pages goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// The time that the first page fixed.
    pub now: Time,
    /// The last item.
    pub behind: Behind,
}

/// Texts longer than this stay here; the cursor holds a ticket for them, so that it always fits into a URL.
const MAX_TEXT_BYTES: usize = 600;
/// So many long texts are kept; older tickets answer `cursor-expired`.
const MAX_KEPT: usize = 512;

/// Writes and reads cursors.
pub struct Cursors {
    epoch: String,
    kept: Mutex<VecDeque<(u64, String)>>,
}

impl Cursors {
    /// For data with this mark: cursors from other data are expired.
    #[must_use]
    pub fn new(epoch: String) -> Self {
        Self {
            epoch,
            kept: Mutex::default(),
        }
    }

    /// The text of a cursor.
    #[must_use]
    pub fn write(&self, query: &Query, cursor: &Cursor) -> String {
        let key = match &cursor.behind.key {
            None => Value::Null,
            Some(Key::Number(number)) => Value::from(*number),
            Some(Key::Text(text)) => self.shortened(text),
        };
        let body = Value::from(vec![
            Value::from(self.epoch.as_str()),
            Value::from(fingerprint(query)),
            Value::from(cursor.now.0),
            key,
            self.shortened(&cursor.behind.id),
        ])
        .to_string();
        let mut out = String::with_capacity(body.len() * 2 + 16);
        push_hex(&mut out, &checksum(body.as_bytes()).to_be_bytes());
        push_hex(&mut out, body.as_bytes());
        out
    }

    /// Reads a cursor that belongs to a query.
    ///
    /// # Errors
    /// 400 where it is none or belongs to another query, 410 where what it stands for is gone.
    pub fn read(&self, query: &Query, text: &str) -> Result<Cursor, Problem> {
        let unreadable = || Problem::bad_query("cursor", "is no cursor of this backend");
        let bytes = from_hex(text).ok_or_else(unreadable)?;
        let (sum, body) = bytes.split_at_checked(8).ok_or_else(unreadable)?;
        if sum != checksum(body).to_be_bytes() {
            return Err(unreadable());
        }
        let body: Value = serde_json::from_slice(body).map_err(|_| unreadable())?;
        let part = |index: usize| body.get(index).unwrap_or(&Value::Null);
        if part(0).as_str() != Some(&self.epoch) {
            return Err(Problem::cursor_expired());
        }
        if part(1).as_u64() != Some(fingerprint(query)) {
            return Err(Problem::bad_query("cursor", "belongs to another query"));
        }
        let key = match part(3) {
            Value::Null => None,
            Value::Number(number) => Some(Key::Number(number.as_i64().ok_or_else(unreadable)?)),
            text => Some(Key::Text(self.whole(text)?)),
        };
        Ok(Cursor {
            now: Time(part(2).as_i64().ok_or_else(unreadable)?),
            behind: Behind {
                key,
                id: self.whole(part(4))?,
            },
        })
    }

    fn shortened(&self, text: &str) -> Value {
        if text.len() <= MAX_TEXT_BYTES {
            return Value::from(text);
        }
        let ticket = checksum(text.as_bytes());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.iter().any(|(number, _)| *number == ticket) {
            if kept.len() >= MAX_KEPT {
                kept.pop_front();
            }
            kept.push_back((ticket, text.to_owned()));
        }
        Value::from(vec![ticket])
    }

    fn whole(&self, value: &Value) -> Result<String, Problem> {
        if let Some(text) = value.as_str() {
            return Ok(text.to_owned());
        }
        let ticket = value.get(0).and_then(Value::as_u64);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter()
            .find(|(number, _)| Some(*number) == ticket)
            .map(|(_, text)| text.clone())
            .ok_or_else(Problem::cursor_expired)
    }
}

/// A number that differs from query to query; bounds are fixed already, `limit` and `facets` are no part of it.
#[must_use]
pub fn fingerprint(query: &Query) -> u64 {
    let mut hasher = DefaultHasher::new();
    query.view.hash(&mut hasher);
    query.to_api(Time(0)).hash(&mut hasher);
    hasher.finish()
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

fn push_hex(out: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks_exact(2)
        .map(|pair| {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use action_center_core::domain::query::View;

    fn cursor(key: Option<Key>) -> Cursor {
        Cursor {
            now: Time(7),
            behind: Behind {
                key,
                id: "ä\0".to_owned(),
            },
        }
    }

    #[test]
    fn a_cursor_round_trips_for_its_query_and_data_alone() {
        let cursors = Cursors::new("one".to_owned());
        let (pending, history) = (Query::of(View::Pending), Query::of(View::History));
        for key in [
            None,
            Some(Key::Number(-3)),
            Some(Key::Text("ß\u{10ffff}".to_owned())),
            Some(Key::Text("x".repeat(100_000))),
        ] {
            let cursor = cursor(key);
            let text = cursors.write(&pending, &cursor);
            assert!(text.len() < 4_000);
            assert_eq!(cursors.read(&pending, &text), Ok(cursor));
            assert_eq!(
                cursors.read(&history, &text).map_err(|problem| problem.word()),
                Err("bad-query")
            );
            let other = Cursors::new("two".to_owned());
            assert_eq!(
                other.read(&pending, &text).map_err(|problem| problem.word()),
                Err("cursor-expired")
            );
        }
    }

    #[test]
    fn a_damaged_cursor_is_none() {
        let cursors = Cursors::new("one".to_owned());
        let query = Query::default();
        let text = cursors.write(&query, &cursor(None));
        for damaged in [
            "",
            "0",
            "zz",
            &text[2..],
            &text[..text.len() - 2],
            &text.replace('7', "8"),
            "ää",
        ] {
            assert_eq!(
                cursors.read(&query, damaged).map_err(|problem| problem.word()),
                Err("bad-query"),
                "{damaged}"
            );
        }
    }

    #[test]
    fn a_ticket_that_is_gone_is_expired() {
        let cursors = Cursors::new("one".to_owned());
        let query = Query::default();
        let long = |number: usize| cursor(Some(Key::Text(format!("{number}{}", "x".repeat(1_000)))));
        let first = cursors.write(&query, &long(0));
        for number in 1..=MAX_KEPT {
            let _text = cursors.write(&query, &long(number));
        }
        assert_eq!(
            cursors.read(&query, &first).map_err(|problem| problem.word()),
            Err("cursor-expired")
        );
    }
}
