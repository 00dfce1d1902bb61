//! Texts as values of request headers. `fetch` takes one byte for each character and throws on what has no byte, and on what
//! would end a header.

/// Whether a text can be sent as it is: no control but the tab, nothing above Latin-1 (RFC 9110, 5.5).
///
/// ```
/// use action_center_core::wire::is_field_value;
/// assert!(is_field_value("Bearer a-b_c.d~e+f/g=") && is_field_value("Zoë"));
/// assert!(!is_field_value("a\nb") && !is_field_value("\0") && !is_field_value("ключ"));
/// ```
#[must_use]
pub fn is_field_value(text: &str) -> bool {
    text.chars()
        .all(|character| matches!(character, '\t' | ' '..='~' | '\u{80}'..='\u{ff}'))
}

/// Whether a text can be a bearer token: visible ASCII (RFC 6750, 2.1, and what real ones have beside).
#[must_use]
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The bytes of a text in UTF-8, a character for each, as `Last-Event-ID` is sent (WHATWG HTML, 9.2.3).
///
/// ```
/// use action_center_core::wire::utf8_field_value;
/// assert_eq!(utf8_field_value("a€"), "a\u{e2}\u{82}\u{ac}");
/// ```
#[must_use]
pub fn utf8_field_value(text: &str) -> String {
    text.bytes().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_header_is_no_value() {
        for text in ["a\nb", "a\rb", "a\0", "\u{7f}", "ā", "€", "😀"] {
            assert!(!is_field_value(text), "{text:?}");
            assert!(!is_token(text), "{text:?}");
        }
        for text in ["a", "a b", "a\tb", "~", "ÿ", "\u{80}"] {
            assert!(is_field_value(text), "{text:?}");
        }
    }

    #[test]
    fn a_token_is_visible_ascii() {
        for (text, is_one) in [
            ("abc.def-_~+/=", true),
            ("", false),
            ("a b", false),
            ("Zoë", false),
        ] {
            assert_eq!(is_token(text), is_one, "{text:?}");
        }
    }

    #[test]
    fn every_id_becomes_a_value() {
        for id in ["", "7", "ключ€", "😀"] {
            let value = utf8_field_value(id);
            assert!(is_field_value(&value), "{id:?}");
            let bytes: Vec<u8> = value.chars().map(|character| character as u8).collect();
            assert_eq!(bytes, id.as_bytes());
        }
    }
}
