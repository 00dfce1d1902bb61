//! CSV by RFC 4180 in UTF-8, cell by cell, taken away in pieces as it grows. The csv crate keeps rows and line
//! ends; what is quoted is decided here, because the crate knows one separator and readers choose among four.

use std::mem;

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use super::guard::{guard_into, is_safe_start, is_separator};

/// Bytes that the crate gathers before it hands them over.
const BUFFER_BYTES: usize = 1 << 16;

/// For each byte, whether it must be quoted ([`QUOTED`]) and whether a guard may be due behind it ([`SPLITS`]).
const CLASSES: [u8; 256] = classes();
const QUOTED: u8 = 1;
const SPLITS: u8 = 2;

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        if is_separator(byte) {
            classes[byte as usize] = QUOTED | SPLITS;
        } else if byte == b'"' {
            classes[byte as usize] = QUOTED;
        }
        byte += 1;
    }
    classes
}

/// What the bytes of a text ask for, together.
fn classes_of(text: &str) -> u8 {
    text.bytes()
        .fold(0, |classes, byte| classes | CLASSES[usize::from(byte)])
}

/// Every byte of a word set to the lowest, and to the highest bit.
const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = LOW_BITS << 7;

/// Whether no byte has a class. Eight bytes at a time, because nearly all texts are like that and a million rows
/// have half a gigabyte of them; a control character counts as having one, which costs a second look.
fn is_unremarkable(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk::<8>() else {
        return bytes.iter().all(|byte| CLASSES[usize::from(*byte)] == 0);
    };
    let (words, _) = bytes.as_chunks::<8>();
    words
        .iter()
        .fold(remarkable(last), |found, word| found | remarkable(word))
        & HIGH_BITS
        == 0
}

/// Sets the highest bit of a byte if one of the eight is a separator, a quote or a control character (Hacker's
/// Delight, 6-1: exact as to whether there is one).
fn remarkable(word: &[u8; 8]) -> u64 {
    let word = u64::from_le_bytes(*word);
    let equals = |byte: u8| {
        let difference = word ^ (LOW_BITS * u64::from(byte));
        difference.wrapping_sub(LOW_BITS) & !difference
    };
    let is_control = word.wrapping_sub(LOW_BITS * 0x20) & !word;
    is_control | equals(b',') | equals(b';') | equals(b'|') | equals(b'"')
}

/// A CSV file as it is written.
///
/// ```
/// use action_center_core::export::Csv;
/// let mut csv = Csv::new(false);
/// csv.header(&["Entity", "Waiting"]);
/// csv.text("=1+1, or so");
/// csv.own("90");
/// csv.end_row();
/// assert_eq!(csv.take(), b"Entity,Waiting\r\n\"'=1+1, or so\",90\r\n");
/// ```
#[derive(Debug)]
pub struct Csv {
    writer: Writer<Vec<u8>>,
    n_bytes: usize,
    guarded: String,
    quoted: Vec<u8>,
}

impl Csv {
    /// An empty file, with a byte order mark (which Excel needs to see UTF-8) where `bom`.
    #[must_use]
    pub fn new(bom: bool) -> Self {
        let start = if bom { Vec::from("\u{FEFF}") } else { Vec::new() };
        Self {
            n_bytes: start.len(),
            writer: writer(start),
            guarded: String::new(),
            quoted: Vec::new(),
        }
    }

    /// Writes the row of column titles, which are ours.
    pub fn header(&mut self, titles: &[&str]) {
        for title in titles {
            self.own(title);
        }
        self.end_row();
    }

    /// Writes a cell of text that anybody may have chosen, guarded. A missing value is an empty text.
    pub fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let is_safe = bytes.first().is_none_or(|first| is_safe_start(*first));
        if is_safe && bytes.last() != Some(&b' ') && is_unremarkable(bytes) {
            return self.cell(bytes);
        }
        let classes = classes_of(text);
        if is_safe && classes & SPLITS == 0 {
            return self.quote(text, classes);
        }
        let mut guarded = mem::take(&mut self.guarded);
        guarded.clear();
        guard_into(&mut guarded, text);
        self.quote(&guarded, classes);
        self.guarded = guarded;
    }

    /// Writes a cell that we formatted ourselves, a number or a time; it needs no guard.
    pub fn own(&mut self, text: &str) {
        self.quote(text, classes_of(text));
    }

    /// Ends the row.
    pub fn end_row(&mut self) {
        // The row's last cell counted a separator that the line end replaces.
        self.n_bytes += 1;
        // Into memory, and of any length: neither of the crate's two errors can occur.
        let _ = self.writer.write_record(None::<&[u8]>);
    }

    /// Bytes that [`Csv::take`] would give between rows, but for the two quotes of a row that is one empty cell.
    #[must_use]
    pub fn n_bytes(&self) -> usize {
        self.n_bytes
    }

    /// Takes away what has been written since the last time; what comes next continues it. To be called between
    /// rows.
    #[must_use]
    pub fn take(&mut self) -> Vec<u8> {
        let full = mem::replace(&mut self.writer, writer(Vec::with_capacity(self.n_bytes)));
        self.n_bytes = 0;
        // Memory takes all that it is given.
        full.into_inner().unwrap_or_default()
    }

    /// Writes a cell, quoted where it holds a quote, a separator of any reader, or spaces that readers trim.
    fn quote(&mut self, text: &str, classes: u8) {
        let bytes = text.as_bytes();
        let is_trimmed = bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ');
        if classes & QUOTED == 0 && !is_trimmed {
            return self.cell(bytes);
        }
        let mut quoted = mem::take(&mut self.quoted);
        quoted.clear();
        quoted.push(b'"');
        for part in bytes.split_inclusive(|byte| *byte == b'"') {
            quoted.extend_from_slice(part);
            if part.ends_with(b"\"") {
                quoted.push(b'"');
            }
        }
        quoted.push(b'"');
        self.cell(&quoted);
        self.quoted = quoted;
    }

    fn cell(&mut self, bytes: &[u8]) {
        self.n_bytes += bytes.len() + 1;
        // As in `end_row`.
        let _ = self.writer.write_field(bytes);
    }
}

fn writer(start: Vec<u8>) -> Writer<Vec<u8>> {
    WriterBuilder::new()
        .flexible(true)
        .quote_style(QuoteStyle::Never)
        .terminator(Terminator::CRLF)
        .buffer_capacity(BUFFER_BYTES)
        .from_writer(start)
}

/// The name of an export: view and time, without what file systems refuse. `now` is RFC 3339 in UTC.
///
/// ```
/// use action_center_core::export::file_name;
/// assert_eq!(file_name("pending", "2026-11-22T12:03:07.123Z"), "action-center-pending-2026-11-22T120307Z.csv");
/// ```
#[must_use]
pub fn file_name(view: &str, now: &str) -> String {
    let mut name = String::from("action-center-");
    name.extend(
        view.chars()
            .filter(|character| character.is_ascii_alphanumeric() || *character == '-'),
    );
    name.push('-');
    let seconds = now.split(['.', 'Z']).next().unwrap_or_default();
    name.extend(
        seconds
            .chars()
            .filter(|character| character.is_ascii_digit() || matches!(*character, 'T' | '-')),
    );
    name.push_str("Z.csv");
    name
}

#[cfg(test)]
mod tests {
    use super::super::guard::tests::{hostile, starts_formula};
    use super::super::unguard;
    use super::{Csv, classes_of, file_name, is_unremarkable};
    use proptest::prelude::*;

    fn check(cells: &[&str], expected: &str) {
        let mut csv = Csv::new(false);
        for cell in cells {
            csv.text(cell);
        }
        csv.end_row();
        assert_eq!(csv.n_bytes(), csv.take().len(), "{cells:?}");
        for cell in cells {
            csv.text(cell);
        }
        csv.end_row();
        assert_eq!(String::from_utf8(csv.take()).unwrap(), expected, "{cells:?}");
    }

    fn read(bytes: &[u8], delimiter: u8, quoting: bool) -> Vec<Vec<String>> {
        csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .quoting(quoting)
            .from_reader(bytes)
            .records()
            .map(|record| record.unwrap().iter().map(String::from).collect())
            .collect()
    }

    #[test]
    fn cells_are_quoted_where_a_reader_needs_it() {
        check(&["a", "", "b c"], "a,,b c\r\n");
        check(
            &["a,b", "a;b", "a\tb", "a|b"],
            "\"a,b\",\"a;b\",\"a\tb\",\"a|b\"\r\n",
        );
        check(
            &["say \"hi\"", "\"", "a\r\nb"],
            "\"say \"\"hi\"\"\",\"\"\"\",\"a\r'\nb\"\r\n",
        );
        check(&[" a", "a ", " "], "\" a\",\"a \",\" \"\r\n");
        check(&["ä", "=1", "it's"], "ä,'=1,it's\r\n");
    }

    #[test]
    fn a_row_of_one_missing_value_is_a_row() {
        let mut csv = Csv::new(false);
        csv.text("");
        csv.end_row();
        csv.text("a");
        csv.end_row();
        assert_eq!(read(&csv.take(), b',', true), [[""], ["a"]]);
    }

    #[test]
    fn our_own_numbers_are_not_guarded() {
        let mut csv = Csv::new(false);
        csv.own("-5");
        csv.own("3 devices, 2 users");
        csv.end_row();
        assert_eq!(csv.take(), b"-5,\"3 devices, 2 users\"\r\n");
    }

    #[test]
    fn the_mark_comes_once_and_first() {
        let mut csv = Csv::new(true);
        csv.header(&["Entity", "Asset"]);
        assert_eq!(csv.n_bytes(), 17);
        assert_eq!(csv.take(), "\u{FEFF}Entity,Asset\r\n".as_bytes());
        csv.text("a");
        csv.text("b");
        csv.end_row();
        assert_eq!(csv.take(), b"a,b\r\n");
        assert!(csv.take().is_empty());
    }

    #[test]
    fn file_names_say_view_and_time() {
        assert_eq!(
            file_name("history", "2026-11-22T12:03:07Z"),
            "action-center-history-2026-11-22T120307Z.csv"
        );
        assert_eq!(
            file_name("../a b", "2026-11-22T12:03:07.5Z"),
            "action-center-ab-2026-11-22T120307Z.csv"
        );
    }

    fn written(rows: &[Vec<String>], n_rows_a_piece: usize) -> Vec<u8> {
        let mut csv = Csv::new(false);
        csv.header(&["Entity", "Asset"]);
        let mut bytes = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            for cell in row {
                csv.text(cell);
            }
            csv.end_row();
            if index % n_rows_a_piece == 0 {
                bytes.extend(csv.take());
            }
        }
        bytes.extend(csv.take());
        bytes
    }

    proptest! {
        #[test]
        fn a_remarkable_byte_is_found_wherever_it_is(
            text in proptest::collection::vec(any::<char>(), 0..20),
            special in proptest::sample::select("a~\u{1F} ;,|\"\t\r\n".chars().collect::<Vec<_>>()),
            at in 0..20_usize,
        ) {
            let mut text = text;
            text.insert(at.min(text.len()), special);
            let text: String = text.into_iter().collect();
            let has_control = text.bytes().any(|byte| byte.is_ascii_control() && byte != 0x7F);
            if is_unremarkable(text.as_bytes()) {
                prop_assert_eq!(classes_of(&text), 0);
            } else {
                prop_assert!(classes_of(&text) != 0 || has_control);
            }
        }

        #[test]
        fn what_was_written_can_be_read(
            rows in proptest::collection::vec(proptest::collection::vec(hostile(), 2..5), 1..6),
            n_rows_a_piece in 1..4_usize,
        ) {
            let read: Vec<Vec<String>> = read(&written(&rows, n_rows_a_piece), b',', true)
                .iter()
                .skip(1)
                .map(|row| row.iter().map(|cell| unguard(cell)).collect())
                .collect();
            prop_assert_eq!(read, rows);
        }

        #[test]
        fn no_reader_finds_a_formula(
            rows in proptest::collection::vec(proptest::collection::vec(hostile(), 1..5), 1..6),
            delimiter in proptest::sample::select(b",;\t|".to_vec()),
            quoting in any::<bool>(),
        ) {
            for row in read(&written(&rows, 2), delimiter, quoting) {
                for cell in row {
                    prop_assert!(!starts_formula(&cell), "{:?}", cell);
                }
            }
        }
    }
}
