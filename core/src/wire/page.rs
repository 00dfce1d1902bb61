//! One page of rows: handed to a sink one by one, straight from the bytes. A row that can't be read is set aside, never the page.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::Unreadable;
use super::parts::{Count, Stamp, Text};
use super::row::{InvestigationRow, Row};
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
    read(body, sink)
}

/// Reads a page of investigations; otherwise as `read_page`.
///
/// # Errors
/// As `read_page`.
pub fn read_investigations<'a>(
    body: &'a [u8],
    sink: &mut dyn FnMut(&InvestigationRow<'a>),
) -> Result<PageHead, Unreadable> {
    read(body, sink)
}

/// Reads what a page says beside its rows, which are passed over: `n_items` and `set_aside` stay empty.
///
/// # Errors
/// As `read_page`.
pub fn read_head(body: &[u8]) -> Result<PageHead, Unreadable> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Head<'a> {
        total: Option<Count>,
        #[serde(borrow)]
        next_cursor: Option<Text<'a>>,
    }
    match serde_json::from_slice::<Head<'_>>(body) {
        Ok(head) => Ok(PageHead {
            total: head.total.map(|count| count.0.max(0) as u64),
            next_cursor: head.next_cursor.map(|text| text.to_text()),
            ..PageHead::default()
        }),
        Err(_) => {
            let lossy = String::from_utf8_lossy(body);
            let envelope: Envelope<'_> =
                serde_json::from_str(&lossy).map_err(|error| Unreadable::new(&error))?;
            envelope.head()
        }
    }
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8], sink: &mut dyn FnMut(&T)) -> Result<PageHead, Unreadable> {
    let mut n_handed = 0;
    let fast = read_whole(body, &mut |row| {
        n_handed += 1;
        sink(row);
    });
    match fast {
        Ok(head) => Ok(head),
        Err(_) => read_one_by_one(body, n_handed, sink),
    }
}

fn read_whole<'a, T: Deserialize<'a>>(
    body: &'a [u8],
    sink: &mut dyn FnMut(&T),
) -> Result<PageHead, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
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

struct PageVisitor<'s, T> {
    head: &'s mut PageHead,
    has_items: &'s mut bool,
    sink: &'s mut dyn FnMut(&T),
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for PageVisitor<'_, T> {
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
                "facets" => self.head.facets = read_facets(map.next_value::<&RawValue>()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct Items<'s, T> {
    sink: &'s mut dyn FnMut(&T),
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Items<'_, T> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<'_, T> {
    type Value = usize;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<usize, A::Error> {
        let mut n_items = 0;
        while let Some(row) = seq.next_element::<T>()? {
            (self.sink)(&row);
            n_items += 1;
        }
        Ok(n_items)
    }
}

/// The slow way, for a body in which something is wrong: every item is cut out as raw JSON first, then read by itself.
fn read_one_by_one<'a, T: Deserialize<'a>>(
    body: &'a [u8],
    n_handed: usize,
    sink: &mut dyn FnMut(&T),
) -> Result<PageHead, Unreadable> {
    let Ok(text) = std::str::from_utf8(body) else {
        return read_broken_utf8::<T>(body, n_handed, sink);
    };
    let envelope: Envelope<'a> = serde_json::from_str(text).map_err(|error| Unreadable::new(&error))?;
    let mut head = envelope.head()?;
    for (index, item) in envelope.items.iter().enumerate() {
        if index < n_handed {
            continue;
        }
        match serde_json::from_slice::<T>(item.get().as_bytes()) {
            Ok(row) => sink(&row),
            Err(error) => head
                .set_aside
                .push(set_aside(index, item.get(), error.to_string())),
        }
    }
    Ok(head)
}

/// Bytes that are no UTF-8 cost the rows they are in. The rows before the first such byte were read already or are read here
/// from the valid text around it; a row that holds one is set aside.
fn read_broken_utf8<'a, T: Deserialize<'a>>(
    body: &'a [u8],
    n_handed: usize,
    sink: &mut dyn FnMut(&T),
) -> Result<PageHead, Unreadable> {
    let lossy = String::from_utf8_lossy(body);
    let envelope: Envelope<'_> = serde_json::from_str(&lossy).map_err(|error| Unreadable::new(&error))?;
    let mut head = envelope.head()?;
    // The raw items of the lossy text are found again in the body, since rows borrow from the body: invalid sequences
    // change lengths, so the search walks the body item by item.
    let mut from = 0;
    for (index, item) in envelope.items.iter().enumerate() {
        let raw = item.get();
        if raw.contains(char::REPLACEMENT_CHARACTER) {
            head.set_aside
                .push(set_aside(index, raw, "the text is no UTF-8".to_owned()));
            continue;
        }
        let Some(at) = find(body, raw.as_bytes(), from) else {
            continue;
        };
        let end = at + raw.len();
        from = end;
        if index < n_handed {
            continue;
        }
        match serde_json::from_slice::<T>(&body[at..end]) {
            Ok(row) => sink(&row),
            Err(error) => head.set_aside.push(set_aside(index, raw, error.to_string())),
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
    #[derive(serde::Deserialize)]
    struct OnlyId<'a> {
        #[serde(borrow)]
        id: Option<Text<'a>>,
    }
    let id = serde_json::from_str::<OnlyId<'_>>(raw)
        .ok()
        .and_then(|only| only.id)
        .map(|id| id.to_text());
    SetAside { index, id, detail }
}

/// The page with its items as raw JSON; members beside `items` that can't be read count as absent.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
    #[serde(borrow)]
    total: Option<&'a RawValue>,
    #[serde(borrow)]
    next_cursor: Option<&'a RawValue>,
    #[serde(borrow)]
    as_of: Option<&'a RawValue>,
    #[serde(borrow)]
    facets: Option<&'a RawValue>,
}

impl Envelope<'_> {
    /// # Errors
    /// Where `nextCursor` is given but no text: rows would be lost in silence.
    fn head(&self) -> Result<PageHead, Unreadable> {
        let text = |raw: Option<&RawValue>| {
            raw.and_then(|raw| serde_json::from_str::<Text<'_>>(raw.get()).ok())
                .map(|text| text.to_text())
        };
        let next_cursor = text(self.next_cursor);
        if next_cursor.is_none() && self.next_cursor.is_some_and(|raw| raw.get() != "null") {
            return Err(Unreadable("nextCursor is no text".to_owned()));
        }
        Ok(PageHead {
            n_items: self.items.len(),
            total: self
                .total
                .and_then(|raw| serde_json::from_str::<Count>(raw.get()).ok())
                .map(|count| count.0.max(0) as u64),
            next_cursor,
            as_of: text(self.as_of).and_then(|text| Time::parse(&text)),
            facets: self.facets.map(read_facets).unwrap_or_default(),
            set_aside: Vec::new(),
        })
    }
}

fn read_facets(raw: &RawValue) -> Facets {
    #[derive(serde::Deserialize)]
    struct Entry<'a> {
        #[serde(borrow)]
        value: Text<'a>,
        count: Count,
    }
    let Ok(members) = serde_json::from_str::<std::collections::BTreeMap<String, Vec<Entry<'_>>>>(raw.get())
    else {
        return Facets::new();
    };
    members
        .into_iter()
        .map(|(member, entries)| {
            (
                member,
                entries
                    .into_iter()
                    .map(|entry| (entry.value.to_text(), entry.count.0))
                    .collect(),
            )
        })
        .collect()
}
