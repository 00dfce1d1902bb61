//! What an element is to be, before it is one: drafts are compared, and only what differs is changed in the document. A table that
//! draws hundreds of cells in a frame makes and drops no elements that way: text moves into the nodes that are there.

use std::borrow::Cow;

use wasm_bindgen::JsCast;

use super::dom::{El, el, svg, text_node};

/// An icon with its gap, in thousandths of the font's size.
const ICON_WIDTH: u32 = 1_900;

/// A character's width at most, in thousandths of the font's size: what DejaVu Sans needs, the widest of those that systems
/// put in the place of a missing font.
fn width_of(byte: u8) -> u32 {
    match byte {
        b'i' | b'j' | b'l' | b't' | b'f' | b'r' | b' ' | b'.' | b',' | b':' | b'-' | b'/' | b'\\' => 420,
        b'a'..=b'z' | b'0'..=b'9' if !matches!(byte, b'm' | b'w') => 640,
        b'A'..=b'Z' if !matches!(byte, b'M' | b'W') => 790,
        0x21..=0x7E => 1_010,
        _ => u32::MAX,
    }
}

/// A draft of an element or of a text; once it is built it knows its node.
#[derive(Default)]
pub(crate) struct Draft {
    /// Empty for a text.
    tag: &'static str,
    is_svg: bool,
    text: Cow<'static, str>,
    attributes: Vec<(&'static str, Cow<'static, str>)>,
    children: Vec<Self>,
    node: Option<web_sys::Node>,
}

impl Draft {
    /// An HTML element.
    pub(crate) fn new(tag: &'static str) -> Self {
        Self {
            tag,
            ..Self::default()
        }
    }

    /// A `span` of a class.
    pub(crate) fn span(class: &'static str) -> Self {
        Self::new("span").class(class)
    }

    /// An SVG element.
    pub(crate) fn svg(tag: &'static str) -> Self {
        Self {
            is_svg: true,
            ..Self::new(tag)
        }
    }

    /// Sets the class.
    pub(crate) fn class(self, class: &'static str) -> Self {
        self.attr("class", Cow::Borrowed(class))
    }

    /// Sets an attribute.
    pub(crate) fn attr(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.set(name, value.into());
        self
    }

    fn set(&mut self, name: &'static str, value: Cow<'static, str>) {
        match self.attributes.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.attributes.push((name, value)),
        }
    }

    /// Appends an element.
    pub(crate) fn child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// Appends text.
    pub(crate) fn words(self, text: impl Into<Cow<'static, str>>) -> Self {
        self.child(Self {
            text: text.into(),
            ..Self::default()
        })
    }

    /// How wide it is on one line at most, in thousandths of the font's size: an estimate on the safe side, for fonts as they are
    /// used on screens. Text beyond ASCII has no bound.
    pub(crate) fn width(&self) -> u32 {
        if self.tag == "svg" {
            return ICON_WIDTH;
        }
        if self.text == "–" {
            return 1_000;
        }
        let text = self.text.bytes().map(width_of);
        let children = self.children.iter().map(Self::width);
        text.chain(children).fold(0, u32::saturating_add)
    }

    /// The element that it describes.
    pub(crate) fn build(&mut self) -> El {
        El(self.make().unchecked_into())
    }

    fn make(&mut self) -> web_sys::Node {
        let node = if self.tag.is_empty() {
            text_node(&self.text)
        } else {
            let made = if self.is_svg { svg(self.tag) } else { el(self.tag) };
            for (name, value) in &self.attributes {
                made.set(name, Some(value));
            }
            for child in &mut self.children {
                let _added = made.0.append_child(&child.make());
            }
            made.0.into()
        };
        self.node = Some(node.clone());
        node
    }

    /// Takes over the node of a draft that was built, and makes it what this draft says. Whoever keeps the node's siblings in
    /// order need do nothing.
    pub(crate) fn take_over(&mut self, before: Self) {
        if *self == before {
            *self = before;
            return;
        }
        let Some(node) = before.node else {
            return;
        };
        if (self.tag, self.is_svg) != (before.tag, before.is_svg) {
            if let Some(parent) = node.parent_node() {
                let _done = parent.replace_child(&self.make(), &node);
            }
            return;
        }
        if self.tag.is_empty() {
            node.set_node_value(Some(&self.text));
            self.node = Some(node);
            return;
        }
        let made = El(node.unchecked_into());
        for attribute in &self.attributes {
            if !before.attributes.contains(attribute) {
                made.set(attribute.0, Some(&attribute.1));
            }
        }
        for (name, _) in &before.attributes {
            if self.attributes.iter().all(|(kept, _)| kept != name) {
                made.set(name, None);
            }
        }
        let mut old = before.children.into_iter();
        for child in &mut self.children {
            match old.next() {
                Some(before) => child.take_over(before),
                None => {
                    let _added = made.0.append_child(&child.make());
                }
            }
        }
        for gone in old.filter_map(|gone| gone.node) {
            let _removed = made.0.remove_child(&gone);
        }
        self.node = Some(made.0.into());
    }
}

/// Two drafts are equal when they describe the same, whatever they were built into.
impl PartialEq for Draft {
    fn eq(&self, other: &Self) -> bool {
        self.tag == other.tag
            && self.is_svg == other.is_svg
            && self.text == other.text
            && self.attributes == other.attributes
            && self.children == other.children
    }
}

impl From<Draft> for El {
    fn from(mut draft: Draft) -> Self {
        draft.build()
    }
}
