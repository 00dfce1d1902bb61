//! Unicode simple case folding (CaseFolding.txt, statuses C and S): one character for one character, whatever
//! the locale. The contract searches and sorts by it; std has only full lower-casing.

/// Folds one character. `ẞ` becomes `ß`; `ß` and `İ` stay (their foldings are full or Turkic only).
#[must_use]
pub fn fold_char(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    unicode_case_mapping::case_folded(character)
        .and_then(|folded| char::from_u32(folded.get()))
        .unwrap_or(character)
}

/// Appends `text`, folded, to `out`.
pub fn fold_into(out: &mut String, text: &str) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        if let Some(tail) = out.get_mut(start..) {
            tail.make_ascii_lowercase();
        }
    } else {
        out.extend(text.chars().map(fold_char));
    }
}

/// The folded copy of `text`.
///
/// ```
/// use action_center_core::domain::fold::fold;
/// assert_eq!(fold("STRAẞE"), "straße");
/// ```
#[must_use]
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(&mut out, text);
    out
}

#[cfg(test)]
mod tests {
    use super::{fold, fold_char};
    use proptest::prelude::*;

    fn check(rows: &[(&str, &str)]) {
        for (text, expected) in rows {
            assert_eq!(fold(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn common_and_simple_foldings_apply() {
        check(&[
            ("", ""),
            ("C:\\Users\\ÅSA\\Invoice.PDF", "c:\\users\\åsa\\invoice.pdf"),
            ("ẞ", "ß"),
            ("\u{212A}", "k"),
            ("\u{212B}", "å"),
            ("ſ", "s"),
            ("µ", "μ"),
            ("ΣΑΣς", "σασσ"),
            ("ЖЁ", "жё"),
            ("ǅ", "ǆ"),
            ("ᾈ", "ᾀ"),
            ("𐐀", "𐐨"),
            ("\u{A64A}", "\u{A64B}"),
            ("\u{1C88}", "\u{A64B}"),
        ]);
    }

    #[test]
    fn full_and_turkic_foldings_do_not_apply() {
        check(&[
            ("ß", "ß"),
            ("İ", "İ"),
            ("ı", "ı"),
            ("I", "i"),
            ("ŉ", "ŉ"),
            ("ﬁ", "ﬁ"),
        ]);
    }

    #[test]
    fn cherokee_folds_to_its_capitals() {
        check(&[
            ("\u{13A0}", "\u{13A0}"),
            ("\u{AB70}", "\u{13A0}"),
            ("\u{13F8}", "\u{13F0}"),
        ]);
    }

    #[test]
    fn folding_twice_is_folding_once() {
        for character in '\0'..=char::MAX {
            let once = fold_char(character);
            assert_eq!(fold_char(once), once, "{character:?}");
        }
    }

    proptest! {
        #[test]
        fn a_text_folds_character_by_character(text in any::<String>()) {
            let expected: String = text.chars().map(fold_char).collect();
            prop_assert_eq!(fold(&text), expected);
        }
    }
}
