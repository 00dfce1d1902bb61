//! An object of the contract by its members, each read by itself: one reader for all messages that are not rows by the
//! thousand. A member that can't be read counts as absent; an element of a list that can't be read costs itself alone.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Unreadable;
use super::parts::{Count, Text};
use crate::domain::time::Time;

/// An object's members as they stand, in order.
pub(super) struct Members<'a>(Vec<(Text<'a>, &'a RawValue)>);

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key::<Text<'de>>()? {
            members.push((key, map.next_value::<&'de RawValue>()?));
        }
        Ok(Members(members))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

impl<'a> Members<'a> {
    /// Reads an object.
    pub(super) fn read(body: &'a [u8]) -> Result<Self, Unreadable> {
        serde_json::from_slice(body).map_err(|error| Unreadable::new(&error))
    }

    /// An object, or none where it is something else.
    pub(super) fn of(raw: &'a RawValue) -> Option<Self> {
        serde_json::from_slice(raw.get().as_bytes()).ok()
    }

    /// All members.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, raw)| (&**name, *raw))
    }

    /// A member as it stands; `null` is absent, and of a member given twice the last counts, as in most readers.
    pub(super) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        let found = self.0.iter().rev().find(|(member, _)| &**member == name);
        found.map(|(_, raw)| *raw).filter(|raw| raw.get() != "null")
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.raw(name).and_then(text_of)
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
            .and_then(|raw| serde_json::from_str::<Count>(raw.get()).ok())
            .map(|count| count.0)
    }

    /// A time.
    pub(super) fn time(&self, name: &str) -> Option<Time> {
        self.text(name).and_then(|text| Time::parse(&text))
    }

    /// True or false; anything else is absent.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.raw(name).and_then(|raw| match raw.get() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        })
    }

    /// An object.
    pub(super) fn object(&self, name: &str) -> Option<Self> {
        self.raw(name).and_then(Self::of)
    }

    /// The elements of a list; none where there is no list.
    pub(super) fn list(&self, name: &str) -> Option<Vec<&'a RawValue>> {
        self.raw(name)
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
    }

    /// The texts of a list.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<String>> {
        Some(self.list(name)?.into_iter().filter_map(text_of).collect())
    }

    /// The elements of a list that a closure can read, as objects; and how many it could not.
    pub(super) fn each<T>(
        &self,
        name: &str,
        n_faulty: &mut usize,
        read: &dyn Fn(&Self) -> Option<T>,
    ) -> Vec<T> {
        let list = self.list(name).unwrap_or_default();
        let n_given = list.len();
        let read: Vec<T> = list.into_iter().filter_map(|raw| read(&Self::of(raw)?)).collect();
        *n_faulty += n_given - read.len();
        read
    }
}

/// A JSON string's text.
pub(super) fn text_of(raw: &RawValue) -> Option<String> {
    serde_json::from_str::<Text<'_>>(raw.get())
        .ok()
        .map(|text| text.to_text())
}
