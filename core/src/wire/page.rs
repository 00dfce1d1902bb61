//! One page of rows: handed to a sink one by one, straight from the bytes. A row that can't be read is set aside, never the page.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::Unreadable;
use super::investigation::read_investigation;
use super::members::Members;
use super::parts::{Count, Stamp, Text};
use super::row::Row;
use crate::domain::action::Investigation;
use crate::domain::time::Time;

/// Facet counts: member, then values with their counts.
pub type Facets = Vec<(String, Vec<(String, i64)>)>;

/// A row that could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetAside {
    /// Its place in the page, from 0.
    pub index: usize,
    /// Its id, where that much could be read.
    pub id: Option<String>,
    /// What is wrong, for people.
    pub detail: String,
}

/// What a page says beside its rows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PageHead {
    /// Items in the page, faulty ones included.
    pub n_items: usize,
    /// All that match, where given.
    pub total: Option<u64>,
    /// Absent on the last page.
    pub next_cursor: Option<String>,
    /// The server's time of this page.
    pub as_of: Option<Time>,
    /// Counts, where asked for and given.
    pub facets: Facets,
    /// Rows that could not be read.
    pub set_aside: Vec<SetAside>,
}

/// Reads a page of actions from a body, handing each row to `sink` in the page's order.
///
/// # Errors
/// Where the body is no page at all: no JSON, no object, no list `items`. Rows may have been handed over before.
pub fn read_page<'a>(body: &'a [u8], sink: &mut dyn FnMut(&Row<'a>)) -> Result<PageHead, Unreadable> {
    let mut n_handed = 0;
    let fast = read_whole(body, &mut |row| {
        n_handed += 1;
        sink(row);
    });
    match fast {
        Ok(head) => Ok(head),
        Err(_) => read_one_by_one(body, n_handed, &mut |item| {
            sink(&Row::read(item)?);
            Ok(())
        }),
    }
}

/// Reads a page of investigations; otherwise as `read_page`.
///
/// # Errors
/// As `read_page`.
pub fn read_investigations(
    body: &[u8],
    sink: &mut dyn FnMut(&Investigation),
) -> Result<PageHead, Unreadable> {
    read_one_by_one(body, 0, &mut |item| {
        sink(&read_investigation(&Members::read(item)?)?);
        Ok(())
    })
}

/// Reads what a page says beside its rows, which are passed over: `n_items` and `set_aside` stay empty.
///
/// # Errors
/// As `read_page`.
pub fn read_head(body: &[u8]) -> Result<PageHead, Unreadable> {
    match std::str::from_utf8(body) {
        Ok(_) => head_of(&Members::read_levels(body, 1)?),
        Err(_) => head_of(&Members::read_levels(
            String::from_utf8_lossy(body).as_bytes(),
            1,
        )?),
    }
}

/// The cursor of a page in which it stands before the rows, without a look at those. None says nothing: then ask `read_head`.
/// Where the member is given again behind the rows, that is the one that counts, as `read_page` has it.
#[must_use]
pub fn read_early_cursor(body: &[u8]) -> Option<String> {
    /// What a page says before its rows is in so many bytes, or it is asked for the slow way.
    const MAX_HEAD: usize = 1 << 13;
    let head = &body[..body.len().min(MAX_HEAD)];
    let text = head.utf8_chunks().next()?.valid();
    let mut cursor = None;
    let mut is_early = false;
    let _ended_early = serde_json::Deserializer::from_str(text).deserialize_map(EarlyVisitor {
        cursor: &mut cursor,
        is_early: &mut is_early,
    });
    cursor.filter(|_| is_early)
}

struct EarlyVisitor<'s> {
    cursor: &'s mut Option<String>,
    is_early: &'s mut bool,
}

impl<'de> Visitor<'de> for EarlyVisitor<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a page")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Text<'de>>()? {
            match &*key {
                "items" => {
                    *self.is_early = true;
                    // Nothing else ends the reader before the rows.
                    return Err(serde::de::Error::custom("seen enough"));
                }
                "nextCursor" => {
                    *self.cursor = map.next_value::<Option<Text<'de>>>()?.map(|text| text.to_text());
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

fn head_of(page: &Members<'_>) -> Result<PageHead, Unreadable> {
    let next_cursor = page.text("nextCursor");
    if next_cursor.is_none() && page.raw("nextCursor").is_some() {
        // Rows would be lost in silence.
        return Err(Unreadable("nextCursor is no text".to_owned()));
    }
    Ok(PageHead {
        total: page.count("total").map(|count| count.max(0) as u64),
        next_cursor,
        as_of: page.time("asOf"),
        facets: page
            .object("facets")
            .map(|facets| read_facets(&facets))
            .unwrap_or_default(),
        ..PageHead::default()
    })
}

fn items_of<'a>(page: &Members<'a>) -> Result<Vec<&'a str>, Unreadable> {
    page.list("items")
        .ok_or_else(|| Unreadable("items is no list".to_owned()))
}

fn read_whole<'a>(body: &'a [u8], sink: &mut dyn FnMut(&Row<'a>)) -> Result<PageHead, serde_json::Error> {
    // Checked once as a whole, which is faster than text by text.
    let text = std::str::from_utf8(body).map_err(serde::de::Error::custom)?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut head = PageHead::default();
    let mut has_items = false;
    deserializer.deserialize_map(PageVisitor {
        head: &mut head,
        has_items: &mut has_items,
        sink,
    })?;
    deserializer.end()?;
    if has_items {
        Ok(head)
    } else {
        Err(serde::de::Error::missing_field("items"))
    }
}

struct PageVisitor<'s, 'de> {
    head: &'s mut PageHead,
    has_items: &'s mut bool,
    sink: &'s mut dyn FnMut(&Row<'de>),
}

impl<'de> Visitor<'de> for PageVisitor<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a page")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Text<'de>>()? {
            match &*key {
                "items" => {
                    *self.has_items = true;
                    self.head.n_items = map.next_value_seed(Items { sink: self.sink })?;
                }
                "total" => {
                    self.head.total = map
                        .next_value::<Option<Count>>()?
                        .map(|count| count.0.max(0) as u64)
                }
                "nextCursor" => {
                    self.head.next_cursor = map.next_value::<Option<Text<'de>>>()?.map(|text| text.to_text());
                }
                "asOf" => self.head.as_of = map.next_value::<Option<Stamp>>()?.map(|stamp| stamp.0),
                "facets" => {
                    let facets = Members::of(map.next_value::<&'de RawValue>()?.get());
                    self.head.facets = facets.map(|facets| read_facets(&facets)).unwrap_or_default();
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct Items<'s, 'de> {
    sink: &'s mut dyn FnMut(&Row<'de>),
}

impl<'de> DeserializeSeed<'de> for Items<'_, 'de> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, 'de> {
    type Value = usize;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<usize, A::Error> {
        let mut n_items = 0;
        while let Some(row) = seq.next_element::<Row<'de>>()? {
            (self.sink)(&row);
            n_items += 1;
        }
        Ok(n_items)
    }
}

/// The slow way, for a body in which something may be wrong: every item is cut out as raw JSON first, then read by itself.
fn read_one_by_one<'a>(
    body: &'a [u8],
    n_handed: usize,
    take: &mut dyn FnMut(&'a [u8]) -> Result<(), Unreadable>,
) -> Result<PageHead, Unreadable> {
    if std::str::from_utf8(body).is_err() {
        return read_broken_utf8(body, n_handed, take);
    }
    let page = Members::read_levels(body, 2)?;
    let items = items_of(&page)?;
    let mut head = head_of(&page)?;
    head.n_items = items.len();
    for (index, item) in items.iter().enumerate().skip(n_handed) {
        if let Err(error) = take(item.as_bytes()) {
            head.set_aside.push(set_aside(index, item, error.0));
        }
    }
    Ok(head)
}

/// Bytes that are no UTF-8 cost the rows that they are in. The items are found in the text with such bytes replaced, then
/// again in the body, since rows borrow from it: replacing changes lengths, so the search walks on item by item.
fn read_broken_utf8<'a>(
    body: &'a [u8],
    n_handed: usize,
    take: &mut dyn FnMut(&'a [u8]) -> Result<(), Unreadable>,
) -> Result<PageHead, Unreadable> {
    let lossy = String::from_utf8_lossy(body);
    let page = Members::read_levels(lossy.as_bytes(), 2)?;
    let items = items_of(&page)?;
    let mut head = head_of(&page)?;
    head.n_items = items.len();
    let mut from = 0;
    for (index, raw) in items.iter().copied().enumerate() {
        if raw.contains(char::REPLACEMENT_CHARACTER) {
            head.set_aside
                .push(set_aside(index, raw, "the text is no UTF-8".to_owned()));
            continue;
        }
        let Some(at) = find(body, raw.as_bytes(), from) else {
            continue;
        };
        from = at + raw.len();
        if index < n_handed {
            continue;
        }
        if let Err(error) = take(&body[at..from]) {
            head.set_aside.push(set_aside(index, raw, error.0));
        }
    }
    Ok(head)
}

fn find(body: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    body.get(from..)?
        .windows(wanted.len().max(1))
        .position(|window| window == wanted)
        .map(|at| from + at)
}

fn set_aside(index: usize, raw: &str, detail: String) -> SetAside {
    let id = Members::read(raw.as_bytes()).ok().and_then(|row| row.text("id"));
    SetAside { index, id, detail }
}

fn read_facets(members: &Members<'_>) -> Facets {
    members
        .iter()
        .map(|(member, _)| {
            let entries = members.each(&member, &mut 0, &|entry| {
                Some((entry.text("value")?, entry.count("count")?))
            });
            (member.to_text(), entries)
        })
        .collect()
}
