//! The formula guard: an apostrophe wherever a cell could begin and would start a formula, whatever separator the
//! reader splits at. It can be undone exactly, because an apostrophe at such a place gets one more.

use crate::domain::text::is_invisible;

/// Whether a reader may split a text behind this byte.
pub(super) const fn is_separator(byte: u8) -> bool {
    matches!(byte, b',' | b';' | b'\t' | b'|' | b'\r' | b'\n')
}

/// What spreadsheets drop or ignore before they look for a formula: white space, quotes, what can't be seen.
fn is_skipped(character: char) -> bool {
    matches!(character, ' ' | '"' | '\'') || character.is_whitespace() || is_invisible(character)
}

/// What starts a formula, full-width twins included.
fn is_trigger(character: char) -> bool {
    matches!(
        character,
        '=' | '+' | '-' | '@' | '\u{FF1D}' | '\u{FF0B}' | '\u{FF0D}' | '\u{FF20}'
    )
}

/// Whether `byte` can begin a text that needs no look at what follows. Most texts begin so.
pub(super) const fn is_safe_start(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'\\' | b'.' | b'_' | b'(' | b'[' | b'{' | b'<')
}

/// Appends `text` to `out`, guarded: `'` is inserted at the start, and behind each comma, semicolon, tab, bar, CR
/// or LF, wherever the next character is `'`, tab, CR, LF or NUL, or the next one after spaces, quotes and
/// invisible characters is `=`, `+`, `-`, `@` or a full-width twin of these. Linear in the length of `text`.
///
/// ```
/// let mut cell = String::new();
/// action_center_core::export::guard_into(&mut cell, "a;=1+1");
/// assert_eq!(cell, "a;'=1+1");
/// ```
pub fn guard_into(out: &mut String, text: &str) {
    let bytes = text.as_bytes();
    let mut copied = 0;
    let mut scan = Scan {
        end: 0,
        is_formula: false,
        is_done: false,
    };
    let starts = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| is_separator(**byte))
        .map(|(at, _)| at + 1);
    for start in core::iter::once(0).chain(starts) {
        let Some(next) = bytes.get(start).copied() else {
            break;
        };
        let is_guarded = match next {
            b'\'' | b'\t' | b'\r' | b'\n' | b'\0' => true,
            _ => !is_safe_start(next) && scan.is_formula_at(text, start),
        };
        if is_guarded {
            out.push_str(text.get(copied..start).unwrap_or_default());
            out.push('\'');
            copied = start;
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
}

/// The last look ahead. Every start within what it skipped has the same answer, so nothing is looked at twice.
struct Scan {
    end: usize,
    is_formula: bool,
    is_done: bool,
}

impl Scan {
    fn is_formula_at(&mut self, text: &str, start: usize) -> bool {
        if !self.is_done || start > self.end {
            let rest = text.get(start..).unwrap_or_default();
            let next = rest.char_indices().find(|(_, character)| !is_skipped(*character));
            self.end = next.map_or(text.len(), |(at, _)| start + at);
            self.is_formula = next.is_some_and(|(_, character)| is_trigger(character));
            self.is_done = true;
        }
        self.is_formula
    }
}

/// What [`guard_into`] was given to write `guarded`.
#[must_use]
pub fn unguard(guarded: &str) -> String {
    let mut out = String::with_capacity(guarded.len());
    let mut is_start = true;
    for character in guarded.chars() {
        if is_start && character == '\'' {
            is_start = false;
            continue;
        }
        out.push(character);
        is_start = u8::try_from(character).is_ok_and(is_separator);
    }
    out
}

#[cfg(test)]
pub(super) mod tests {
    use super::{guard_into, is_invisible, is_trigger, unguard};
    use proptest::prelude::*;

    fn guard(text: &str) -> String {
        let mut out = String::new();
        guard_into(&mut out, text);
        out
    }

    fn check(rows: &[(&str, &str)]) {
        for (text, expected) in rows {
            assert_eq!(guard(text), *expected, "{text:?}");
            assert_eq!(unguard(expected), *text, "{expected:?}");
        }
    }

    /// Whether a cell would start a formula for a reader that trims as much as any.
    pub(crate) fn starts_formula(cell: &str) -> bool {
        let is_trimmed =
            |character: char| character.is_whitespace() || character == '"' || is_invisible(character);
        cell.trim_start_matches(is_trimmed).starts_with(is_trigger)
    }

    /// Texts in which the characters that matter are frequent.
    pub(crate) fn hostile() -> impl Strategy<Value = String> {
        let character = prop_oneof![
            1 => any::<char>(),
            6 => proptest::sample::select(
                "=+-@\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}'\",;\t|\r\n\0 \u{A0}\u{200B}\u{FEFF}\u{3000}aä1"
                    .chars()
                    .collect::<Vec<_>>()
            ),
        ];
        proptest::collection::vec(character, 0..24).prop_map(|characters| characters.into_iter().collect())
    }

    #[test]
    fn formulas_at_the_start_are_guarded() {
        check(&[
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\u{FF1D}1", "'\u{FF1D}1"),
            ("  =1", "'  =1"),
            ("\"=1", "'\"=1"),
            ("\u{FEFF}\u{200B}=1", "'\u{FEFF}\u{200B}=1"),
            ("\u{A0}\u{3000}-1", "'\u{A0}\u{3000}-1"),
            ("\t=1", "'\t'=1"),
            ("\0=1", "'\0=1"),
        ]);
    }

    #[test]
    fn formulas_behind_a_separator_are_guarded() {
        check(&[
            ("a,=1", "a,'=1"),
            ("a;+1|@b", "a;'+1|'@b"),
            ("a\t-1", "a\t'-1"),
            ("a; \"=1", "a;' \"=1"),
            ("a\r\n=1", "a\r'\n'=1"),
            ("a,\tb", "a,'\tb"),
        ]);
    }

    #[test]
    fn apostrophes_are_doubled_where_they_could_be_ours() {
        check(&[("'a", "''a"), ("a,'b", "a,''b"), ("it's", "it's"), ("''", "'''")]);
    }

    #[test]
    fn other_text_stays_as_it_is() {
        check(&[
            ("", ""),
            ("a=b", "a=b"),
            ("a, b; c", "a, b; c"),
            ("C:\\a-b.exe", "C:\\a-b.exe"),
            ("a,", "a,"),
            ("\"", "\""),
            (" ", " "),
        ]);
    }

    #[test]
    fn a_megabyte_costs_no_more_than_its_length() {
        for unit in [",", " \t", "\t", ", ", "\u{200B}\n", "'", "\""] {
            let text = unit.repeat((1 << 20) / unit.len()) + "=";
            assert_eq!(unguard(&guard(&text)), text);
        }
    }

    proptest! {
        #[test]
        fn the_guard_is_undone_exactly(text in hostile()) {
            prop_assert_eq!(unguard(&guard(&text)), text);
        }

        #[test]
        fn no_split_yields_a_formula(text in hostile(), separators in "[,;\t|\r\n]{1,6}") {
            let guarded = guard(&text);
            for cell in guarded.split(|character| separators.contains(character)) {
                prop_assert!(!starts_formula(cell), "{:?} in {:?}", cell, guarded);
            }
        }

        #[test]
        fn only_what_needs_it_is_changed(text in "[a-zA-Z0-9][a-zA-Z0-9 =+@'\"-]{0,20}") {
            prop_assert_eq!(guard(&text), text);
        }
    }
}
