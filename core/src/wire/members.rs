//! An object of the contract by its members: one reader for all messages that are not rows by the thousand. The body is
//! walked over once and noted down; texts and numbers are read when they are asked for. A member that can't be read counts
//! as absent; an element of a list that can't be read costs itself alone.

use std::rc::Rc;

use super::Unreadable;
use super::parts::{Count, Text};
use crate::domain::time::Time;

/// One value, or the name of one, and where it stands in the text.
#[derive(Clone, Copy)]
struct Node {
    start: u32,
    end: u32,
    /// The number of the node behind it and all that it holds.
    after: u32,
    /// Whether it is a text that stands as it is between its quotes.
    is_plain: bool,
}

/// An object's members.
pub(super) struct Members<'a> {
    text: &'a str,
    nodes: Rc<Vec<Node>>,
    at: usize,
}

/// A body as text.
pub(super) fn utf8(body: &[u8]) -> Result<&str, Unreadable> {
    std::str::from_utf8(body).map_err(|_| Unreadable("the text is no UTF-8".to_owned()))
}

/// No depth of nesting is passed over.
const ALL_LEVELS: usize = usize::MAX;

impl<'a> Members<'a> {
    /// Reads an object with all that it holds.
    pub(super) fn read(body: &'a [u8]) -> Result<Self, Unreadable> {
        Self::read_levels(body, ALL_LEVELS)
    }

    /// Reads an object, noting down so many levels of what it holds: what lies deeper is walked over again where it is asked for.
    pub(super) fn read_levels(body: &'a [u8], n_levels: usize) -> Result<Self, Unreadable> {
        let text = utf8(body)?;
        let nodes = note(text, n_levels).map_err(|at| {
            let mut what = String::from("no JSON from byte ");
            what.push_str(&at.to_string());
            what.push_str(" on");
            Unreadable(what)
        })?;
        let members = Self::new(text, nodes);
        if members.is_object() {
            Ok(members)
        } else {
            Err(Unreadable("an object was expected".to_owned()))
        }
    }

    fn new(text: &'a str, nodes: Vec<Node>) -> Self {
        Self {
            text,
            nodes: Rc::new(nodes),
            at: 0,
        }
    }

    /// An object, or none where it is something else.
    pub(super) fn of(raw: &'a str) -> Option<Self> {
        Self::read(raw.as_bytes()).ok()
    }

    fn is_object(&self) -> bool {
        self.raw_at(self.at).starts_with('{')
    }

    /// The text of a node.
    fn raw_at(&self, at: usize) -> &'a str {
        self.nodes
            .get(at)
            .and_then(|node| self.text.get(node.start as usize..node.end as usize))
            .unwrap_or_default()
    }

    /// A text that stands as it is.
    fn plain_at(&self, at: usize) -> Option<&'a str> {
        let node = self.nodes.get(at).filter(|node| node.is_plain)?;
        self.text.get(node.start as usize + 1..node.end as usize - 1)
    }

    /// A text, borrowed where it stands as it is.
    fn chars_at(&self, at: usize) -> Option<Text<'a>> {
        match self.plain_at(at) {
            Some(plain) => Some(Text(plain.into())),
            None => serde_json::from_str(self.raw_at(at)).ok(),
        }
    }

    /// The number of the node behind this one.
    fn after(&self, at: usize) -> usize {
        self.nodes.get(at).map_or(usize::MAX, |node| node.after as usize)
    }

    /// A value's node with what it holds, where that was passed over before.
    fn value_at(&self, at: usize) -> Option<Self> {
        let raw = self.raw_at(at);
        if raw.len() > 2 && raw.starts_with(['{', '[']) && self.after(at) == at + 1 {
            return Some(Self::new(raw, note(raw, ALL_LEVELS).ok()?));
        }
        Some(Self {
            text: self.text,
            nodes: self.nodes.clone(),
            at,
        })
    }

    /// The nodes of an object's values with those of their names, or of a list's elements.
    fn children(&self) -> impl Iterator<Item = usize> {
        let end = self.after(self.at);
        let mut next = self.at + 1;
        std::iter::from_fn(move || {
            let at = next;
            next = self.after(at);
            (at < end).then_some(at)
        })
    }

    /// The node of a member's value; of a member given twice the last counts, as in most readers.
    fn find(&self, name: &str) -> Option<usize> {
        let mut found = None;
        let mut children = self.children();
        while let (Some(key), Some(value)) = (children.next(), children.next()) {
            let is_it = match self.plain_at(key) {
                Some(plain) => plain == name,
                None => self.chars_at(key).is_some_and(|key| &*key == name),
            };
            if is_it {
                found = Some(value);
            }
        }
        // `null` is absent.
        found.filter(|at| self.raw_at(*at) != "null")
    }

    /// All members.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Text<'a>, &'a str)> {
        let mut children = self.children();
        std::iter::from_fn(move || {
            let (key, value) = (children.next()?, children.next()?);
            Some((self.chars_at(key).unwrap_or_default(), self.raw_at(value)))
        })
    }

    /// A member as it stands.
    pub(super) fn raw(&self, name: &str) -> Option<&'a str> {
        self.find(name).map(|at| self.raw_at(at))
    }

    /// A text, borrowed where it holds no escape.
    pub(super) fn chars(&self, name: &str) -> Option<Text<'a>> {
        self.find(name).and_then(|at| self.chars_at(at))
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.chars(name).map(|text| text.to_text())
    }

    /// A text without which the object is none.
    pub(super) fn needed(&self, name: &str) -> Result<String, Unreadable> {
        self.text(name).ok_or_else(|| {
            let mut what = name.to_owned();
            what.push_str(if self.raw(name).is_some() {
                " is no text"
            } else {
                " is missing"
            });
            Unreadable(what)
        })
    }

    /// A whole number.
    pub(super) fn count(&self, name: &str) -> Option<i64> {
        self.raw(name)
            .and_then(|raw| serde_json::from_str::<Count>(raw).ok())
            .map(|count| count.0)
    }

    /// A time.
    pub(super) fn time(&self, name: &str) -> Option<Time> {
        Time::parse(&self.chars(name)?)
    }

    /// True or false; anything else is absent.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self.raw(name)? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// An object.
    pub(super) fn object(&self, name: &str) -> Option<Self> {
        self.value_at(self.find(name)?).filter(Self::is_object)
    }

    /// A list, as if it were an object.
    fn elements(&self, name: &str) -> Option<Self> {
        self.value_at(self.find(name)?)
            .filter(|value| value.raw_at(value.at).starts_with('['))
    }

    /// The elements of a list as they stand; none where there is no list.
    pub(super) fn list(&self, name: &str) -> Option<Vec<&'a str>> {
        let list = self.elements(name)?;
        Some(list.children().map(|at| list.raw_at(at)).collect())
    }

    /// The texts of a list.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<String>> {
        let list = self.elements(name)?;
        let texts = list.children().filter_map(|at| list.chars_at(at));
        Some(texts.map(|text| text.to_text()).collect())
    }

    /// The elements of a list that a closure can read, as objects; and how many it could not.
    pub(super) fn each<T>(
        &self,
        name: &str,
        n_faulty: &mut usize,
        read: &dyn Fn(&Self) -> Option<T>,
    ) -> Vec<T> {
        self.elements(name)
            .map(|list| list.read_each(n_faulty, read))
            .unwrap_or_default()
    }

    /// The elements of a list as it stands that a function can read, as objects.
    pub(super) fn each_of<T>(raw: &'a str, read: fn(&Self) -> Option<T>) -> Vec<T> {
        match note(raw, ALL_LEVELS) {
            Ok(nodes) if raw.starts_with('[') => Self::new(raw, nodes).read_each(&mut 0, &read),
            _ => Vec::new(),
        }
    }

    fn read_each<T>(&self, n_faulty: &mut usize, read: &dyn Fn(&Self) -> Option<T>) -> Vec<T> {
        let mut all = Vec::new();
        for at in self.children() {
            let element = self.value_at(at).filter(Self::is_object);
            match element.and_then(|element| read(&element)) {
                Some(read) => all.push(read),
                None => *n_faulty += 1,
            }
        }
        all
    }
}

/// A JSON string's text.
pub(super) fn text_of(raw: &str) -> Option<String> {
    serde_json::from_str::<Text<'_>>(raw)
        .ok()
        .map(|text| text.to_text())
}

/// What may stand next.
#[derive(Clone, Copy, PartialEq)]
enum Next {
    /// The first member or element, or the end of what holds it.
    First,
    /// A member's name.
    Name,
    /// A value.
    Value,
    /// A comma, or the end of what holds the value before.
    Rest,
}

/// Notes down the values of a text, an object's after their names. Nesting costs no stack. What stands between quotes, and
/// what looks like a number, is not looked into; a fault in it shows when it is read.
///
/// # Errors
/// Where the text is no JSON: the byte at fault.
fn note(text: &str, n_levels: usize) -> Result<Vec<Node>, usize> {
    let bytes = text.as_bytes();
    let byte_at = |at: usize| bytes.get(at).copied().unwrap_or(0);
    // A value takes some 16 bytes with its name; more room is made where it takes less.
    let mut nodes: Vec<Node> = Vec::with_capacity(if n_levels == ALL_LEVELS {
        bytes.len() / 16
    } else {
        0
    });
    // The objects and lists that are open: what ends each, and its node where it has one.
    let mut open: Vec<(u8, usize)> = Vec::new();
    let mut next = Next::Value;
    let mut at = 0;
    loop {
        while matches!(byte_at(at), b' ' | b'\n' | b'\r' | b'\t') {
            at += 1;
        }
        let byte = byte_at(at);
        let end = open.last().map(|(end, _)| *end);
        if matches!(next, Next::First | Next::Rest) && end == Some(byte) {
            at += 1;
            if let Some((_, node)) = open.pop() {
                let after = nodes.len() as u32;
                if let Some(node) = nodes.get_mut(node) {
                    (node.end, node.after) = (at as u32, after);
                }
            }
            next = Next::Rest;
        } else if next == Next::Rest {
            if end.is_none() {
                break;
            }
            if byte != b',' {
                return Err(at);
            }
            at += 1;
            next = if end == Some(b'}') {
                Next::Name
            } else {
                Next::Value
            };
        } else {
            let is_name = next == Next::Name || (next == Next::First && end == Some(b'}'));
            let start = at;
            let mut is_plain = false;
            at = match byte {
                b'"' => {
                    let (end, is_as_it_stands) = end_of_string(bytes, at + 1);
                    is_plain = is_as_it_stands;
                    end
                }
                _ if is_name => return Err(at),
                b'{' | b'[' => at + 1,
                _ => end_of_word(text, at),
            };
            if at == start || at > bytes.len() {
                return Err(start);
            }
            let number = nodes.len();
            let is_noted = open.len() <= n_levels;
            if is_noted {
                nodes.push(Node {
                    start: start as u32,
                    end: at as u32,
                    after: number as u32 + 1,
                    is_plain,
                });
            }
            next = match byte {
                b'{' | b'[' => {
                    // Two behind its opening in ASCII is what closes it.
                    open.push((byte + 2, if is_noted { number } else { usize::MAX }));
                    Next::First
                }
                _ if is_name => {
                    while matches!(byte_at(at), b' ' | b'\n' | b'\r' | b'\t') {
                        at += 1;
                    }
                    if byte_at(at) != b':' {
                        return Err(at);
                    }
                    at += 1;
                    Next::Value
                }
                _ => Next::Rest,
            };
        }
    }
    if at < bytes.len() { Err(at) } else { Ok(nodes) }
}

/// The place behind a string's closing quote, and whether nothing in it is escaped or has to be; behind the text where there
/// is no such quote.
fn end_of_string(bytes: &[u8], from: usize) -> (usize, bool) {
    let mut at = from;
    let mut is_plain = true;
    loop {
        match bytes.get(at) {
            Some(b'"') => return (at + 1, is_plain),
            Some(byte) => {
                is_plain &= *byte >= b' ' && *byte != b'\\';
                at += if *byte == b'\\' { 2 } else { 1 };
            }
            None => return (bytes.len() + 1, false),
        }
    }
}

/// The place behind a number or one of the three words; where it is none, its own.
fn end_of_word(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    for word in ["true", "false", "null"] {
        if rest.starts_with(word) {
            return from + word.len();
        }
    }
    let is_part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
    let length = rest.bytes().take_while(|byte| is_part(byte)).count();
    if rest.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) {
        from + length
    } else {
        from
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn members_are_read_by_their_names() {
        let body = r#" {"a" : "x\ny", "n":-3.0,"t":"2026-11-22T10:02:00Z","o":{"a":"in","l":[1,"z",{}]},
            "l":["p",null,"q"],"f":true,"no":null,"a":"last","k\u0065y":"v","bad":"\ud800","1":1e,"deep":[[[{"a":[]}]]]} "#;
        for n_levels in [0, 1, 2, ALL_LEVELS] {
            let members = Members::read_levels(body.as_bytes(), n_levels).unwrap();
            if n_levels == 0 {
                assert_eq!(members.iter().count(), 0, "what is in it was passed over");
                continue;
            }
            assert_eq!(members.text("a").as_deref(), Some("last"));
            assert_eq!(members.count("n"), Some(-3));
            assert_eq!(members.time("t"), Time::parse("2026-11-22T10:02:00Z"));
            assert_eq!(members.texts("l").unwrap(), ["p", "q"]);
            assert_eq!(members.flag("f"), Some(true));
            assert_eq!(members.text("key").as_deref(), Some("v"));
            assert_eq!((members.raw("no"), members.raw("nothing")), (None, None));
            assert_eq!(
                (members.text("bad"), members.count("1")),
                (None, None),
                "a fault costs itself"
            );
            let inner = members.object("o").unwrap();
            assert_eq!(
                (inner.text("a").as_deref(), inner.list("l").unwrap().len()),
                (Some("in"), 3)
            );
            assert!(members.object("l").is_none() && members.list("o").is_none());
            assert_eq!(members.iter().count(), 12);
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in [
            "",
            " ",
            "null",
            "[]",
            "3",
            "\"{}\"",
            "{",
            "{}}",
            "{} {}",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "{\"a\":[1,]}",
            "{\"a\":[1}",
            "{\"a\":tru}",
            "{\"a\":\"}",
            "{a:1}",
            "{\"a\":1 2}",
            "{\"a\\",
            "{\"a\":'x'}",
            "{\"a\":.5}",
        ] {
            assert!(Members::read(body.as_bytes()).is_err(), "{body}");
        }
        assert!(Members::read(b"{\"a\":\"\xFF\"}").is_err());
    }

    #[test]
    fn nesting_costs_no_stack() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
        assert!(Members::read(deep.as_bytes()).unwrap().list("a").is_some());
    }

    proptest! {
        #[test]
        fn what_another_reader_takes_is_taken(body in any_object()) {
            let text = body.to_string();
            for n_levels in [1, 2, ALL_LEVELS] {
                let members = Members::read_levels(text.as_bytes(), n_levels).unwrap();
                let given = body.as_object().unwrap();
                prop_assert_eq!(members.iter().count(), given.len());
                for (name, value) in given {
                    prop_assert_eq!(members.raw(name).is_some(), !value.is_null());
                    prop_assert_eq!(members.text(name), value.as_str().map(str::to_owned));
                    prop_assert_eq!(members.flag(name), value.as_bool());
                    prop_assert_eq!(members.list(name).map(|list| list.len()), value.as_array().map(Vec::len));
                    prop_assert_eq!(members.object(name).map(|of| of.iter().count()), value.as_object().map(serde_json::Map::len));
                }
            }
        }

        #[test]
        fn nothing_that_another_reader_takes_is_refused(body in "[\\{\\}\\[\\],:\"a0 \\\\n-]{0,24}") {
            let ours = Members::read(body.as_bytes()).is_ok();
            let theirs = serde_json::from_str::<serde_json::Map<String, Value>>(&body).is_ok();
            prop_assert!(ours || !theirs, "{}", body);
        }
    }

    fn any_object() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        let value = leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::hash_map(any::<String>(), inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        });
        proptest::collection::hash_map(any::<String>(), value, 0..6)
            .prop_map(|members| Value::Object(members.into_iter().collect()))
    }
}
