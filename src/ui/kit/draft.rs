//! What an element is to be, before it is one: drafts are compared, and only what differs is changed in the document. A table that
//! draws hundreds of cells in a frame makes and drops no elements that way: text moves into the nodes that are there.

use std::borrow::Cow;

use wasm_bindgen::JsCast;

use super::dom::{El, el, svg, text_node};

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
