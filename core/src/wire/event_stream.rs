//! Server-sent events from bytes in pieces of any size (WHATWG HTML, 9.2.6 Interpreting an event stream). Pure and bounded.

/// The longest line and the most data of one event, in bytes; what is longer is passed over as a whole.
const MAX_BYTES: usize = 8 << 20;

/// One event.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StreamEvent {
    /// `event:`, or `message` where there is none.
    pub name: String,
    /// `data:`, lines joined by line feeds.
    pub data: String,
    /// The last `id:` that was seen.
    pub id: String,
}

/// Reads a stream.
#[derive(Clone, Debug, Default)]
pub struct EventStream {
    line: Vec<u8>,
    is_line_too_long: bool,
    was_return: bool,
    has_begun: bool,
    name: String,
    data: String,
    has_data: bool,
    is_event_too_long: bool,
    id: String,
    last_id: String,
}

impl EventStream {
    /// The last id of an event that is complete, for `Last-Event-ID`; an id alone counts, too.
    #[must_use]
    pub fn last_id(&self) -> &str {
        &self.last_id
    }

    /// Takes bytes and hands over the events that they complete.
    pub fn push(&mut self, bytes: &[u8], sink: &mut dyn FnMut(StreamEvent)) {
        for &byte in bytes {
            match byte {
                b'\n' if self.was_return => self.was_return = false,
                b'\n' | b'\r' => {
                    self.was_return = byte == b'\r';
                    self.end_line(sink);
                }
                _ => {
                    self.was_return = false;
                    if self.line.len() < MAX_BYTES {
                        self.line.push(byte);
                    } else {
                        self.is_line_too_long = true;
                    }
                }
            }
        }
    }

    fn end_line(&mut self, sink: &mut dyn FnMut(StreamEvent)) {
        let line = std::mem::take(&mut self.line);
        let mut line: &[u8] = &line;
        if !self.has_begun {
            self.has_begun = true;
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        if std::mem::take(&mut self.is_line_too_long) {
            self.is_event_too_long = true;
            return;
        }
        if line.is_empty() {
            self.end_event(sink);
            return;
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (field, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
        match field {
            b"event" => self.name = value.into_owned(),
            b"data" => {
                if self.data.len() + value.len() > MAX_BYTES {
                    self.is_event_too_long = true;
                    return;
                }
                if self.has_data {
                    self.data.push('\n');
                }
                self.has_data = true;
                self.data.push_str(&value);
            }
            b"id" if !value.contains('\0') => self.id = value.into_owned(),
            _ => {}
        }
    }

    fn end_event(&mut self, sink: &mut dyn FnMut(StreamEvent)) {
        let name = std::mem::take(&mut self.name);
        let data = std::mem::take(&mut self.data);
        let is_too_long = std::mem::take(&mut self.is_event_too_long);
        // Not before: what is cut in the middle was not seen.
        self.last_id.clone_from(&self.id);
        if std::mem::take(&mut self.has_data) && !is_too_long {
            let name = if name.is_empty() {
                "message".to_owned()
            } else {
                name
            };
            sink(StreamEvent {
                name,
                data,
                id: self.last_id.clone(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(pieces: &[&[u8]]) -> Vec<(String, String, String)> {
        let mut stream = EventStream::default();
        let mut events = Vec::new();
        for piece in pieces {
            stream.push(piece, &mut |event| {
                events.push((event.name, event.data, event.id))
            });
        }
        events
    }

    fn check(text: &str, expected: &[(&str, &str, &str)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, data, id)| ((*name).to_owned(), (*data).to_owned(), (*id).to_owned()))
            .collect();
        assert_eq!(read(&[text.as_bytes()]), expected, "{text:?}");
        for end in ["\r", "\r\n"] {
            assert_eq!(read(&[text.replace('\n', end).as_bytes()]), expected, "{text:?}");
        }
    }

    #[test]
    fn events_are_read_as_the_standard_says() {
        check("", &[]);
        check(": beat\n\n", &[]);
        check("data: a\n\n", &[("message", "a", "")]);
        check(
            "event: action\nid: 7\ndata:{\ndata: }\n\ndata\n\n",
            &[("action", "{\n}", "7"), ("message", "", "7")],
        );
        check("event: gone\n\ndata: x\nnovel: y\n\n", &[("message", "x", "")]);
        check("\u{feff}data: a\n\ndata: cut", &[("message", "a", "")]);
    }

    #[test]
    fn an_event_that_is_cut_does_not_count_as_seen() {
        let mut stream = EventStream::default();
        for (text, last_id) in [("id: 7\n\n", "7"), ("id: 8\ndata: a\n", "7"), ("\n", "8")] {
            stream.push(text.as_bytes(), &mut |_| ());
            assert_eq!(stream.last_id(), last_id, "{text:?}");
        }
    }

    #[test]
    fn an_event_that_is_too_long_is_passed_over_alone() {
        let long = "x".repeat(MAX_BYTES + 1);
        let text = format!("data: {long}\n\ndata: a\n\n");
        assert_eq!(read(&[text.as_bytes()]).len(), 1);
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(text in "[a-c:\\r\\n ]{0,40}|(data: [a-z]{0,4}\\r?\\n|\\r|\\n|id: [0-9]\\n){0,9}", at in 0_usize..60) {
            let bytes = text.as_bytes();
            let at = at.min(bytes.len());
            prop_assert_eq!(read(&[bytes]), read(&[&bytes[..at], &bytes[at..]]));
        }

        #[test]
        fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _events = read(&[&bytes]);
        }
    }
}
