//! Elements: one type for all of them, over Leptos' owners and effects. A view macro writes code for every shape of
//! tree; this writes it once, which is what keeps the whole page within its size budget.
//!
//! Listeners and effects end with the owner that they were made under. A listener left to the browser's collector would hold
//! its element for ever where its closure knows the element: the program's table of elements is a root to that collector.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::{Owner, RenderEffect, StoredValue, UpdateValue, on_cleanup, untrack};
use leptos::reactive::graph::{Subscriber, ToAnySubscriber};
use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, intern};

/// An element, to be put together by chaining.
#[derive(Clone)]
pub(crate) struct El(pub(crate) web_sys::Element);

/// The event, bubbling, of a place from which a part with the focus was removed.
pub(crate) const FOCUS_LOST: &str = "focus-lost";

const SVG: &str = "http://www.w3.org/2000/svg";

fn document() -> web_sys::Document {
    // A page without a document can't have mounted anything.
    web_sys::window()
        .and_then(|window| window.document())
        .unwrap_throw()
}

/// A new HTML element.
pub(crate) fn el(tag: &str) -> El {
    El(document().create_element(intern(tag)).unwrap_throw())
}

/// A new HTML element of a class.
pub(crate) fn div(class: &str) -> El {
    el("div").class(class)
}

/// A new `span` of a class.
pub(crate) fn span(class: &str) -> El {
    el("span").class(class)
}

/// A new SVG element.
pub(crate) fn svg(tag: &str) -> El {
    El(document()
        .create_element_ns(Some(SVG), intern(tag))
        .unwrap_throw())
}

/// A new text node.
pub(crate) fn text_node(text: &str) -> web_sys::Node {
    document().create_text_node(text).into()
}

/// A closure that gives something, behind a pointer. A `dyn Fn` would carry code to call it mutably and once beside this, for
/// every closure of the page.
trait Give<T> {
    fn give(&self) -> T;
}

impl<T, F: Fn() -> T> Give<T> for F {
    fn give(&self) -> T {
        self()
    }
}

/// A closure that hears of events, behind a pointer.
trait Hear {
    fn hear(&self, event: web_sys::Event);
}

impl<F: Fn(web_sys::Event)> Hear for F {
    fn hear(&self, event: web_sys::Event) {
        self(event);
    }
}

/// One that hears of a click and needs to know no more.
struct Clicked(Box<dyn Give<()>>);

impl Hear for Clicked {
    fn hear(&self, _event: web_sys::Event) {
        self.0.give();
    }
}

/// A closure that makes an element for a key, behind a pointer.
trait Make {
    fn make(&self, key: &str) -> El;
}

impl<F: Fn(&str) -> El> Make for F {
    fn make(&self, key: &str) -> El {
        self(key)
    }
}

/// Runs a closure now and whenever something that it read has changed, until the current owner ends.
pub(crate) fn effect(run: impl Fn() + 'static) {
    effect_boxed(Box::new(run));
}

fn effect_boxed(run: Box<dyn Give<()>>) {
    let effect = RenderEffect::new(move |_: Option<()>| run.give());
    on_cleanup(move || {
        // A signal that seldom changes would keep a place for every effect that has ended since.
        let subscriber = effect.to_any_subscriber();
        subscriber.clear_sources(&subscriber);
    });
}

/// Runs a closure when the current owner ends.
pub(crate) fn at_end(run: impl FnOnce() + 'static) {
    let run: Box<dyn FnOnce()> = Box::new(run);
    let kept = StoredValue::new_local(Some(run));
    on_cleanup(move || {
        if let Some(run) = kept.try_update_value(Option::take).flatten() {
            run();
        }
    });
}

/// Runs `build` under an owner of its own. That owner has no parent: a parent keeps a place for each child that it ever had, and
/// lists that live as long as the page build and drop theirs without end. Whoever keeps it ends it.
fn owned<T>(build: impl FnOnce() -> T) -> (T, Owner) {
    let owner = Owner::default();
    (owner.with(|| untrack(build)), owner)
}

/// The part of a view that is rebuilt when a key changes; everything made in it ends with it.
#[derive(Default)]
struct Part(RefCell<Option<Owner>>);

impl Part {
    /// One that ends with the current owner.
    fn new() -> Rc<Self> {
        let part = Rc::<Self>::default();
        let kept = part.clone();
        at_end(move || kept.end());
        part
    }

    fn end(&self) {
        if let Some(owner) = self.0.take() {
            owner.cleanup();
        }
    }

    fn build(&self, build: &dyn Give<Option<El>>) -> Option<El> {
        self.end();
        let (built, owner) = owned(|| build.give());
        self.0.replace(Some(owner));
        built
    }
}

impl El {
    /// Sets the class.
    pub(crate) fn class(self, class: &str) -> Self {
        self.attr("class", class)
    }

    /// Sets an attribute.
    pub(crate) fn attr(self, name: &str, value: &str) -> Self {
        self.set(name, Some(value));
        self
    }

    /// Sets or removes an attribute, without chaining.
    pub(crate) fn set(&self, name: &str, value: Option<&str>) {
        let name = intern(name);
        // Names are our own literals, so neither call can fail.
        let _done = match value {
            Some(value) => self.0.set_attribute(name, value),
            None => self.0.remove_attribute(name),
        };
    }

    /// Keeps an attribute at what a closure says; none removes it.
    pub(crate) fn attr_of(self, name: &'static str, value: impl Fn() -> Option<String> + 'static) -> Self {
        self.keep(Box::new(value), name)
    }

    /// Keeps a boolean attribute, or `aria-…` as `true` / `false`.
    pub(crate) fn flag(self, name: &'static str, value: impl Fn() -> bool + 'static) -> Self {
        self.flag_boxed(Box::new(value), name)
    }

    fn flag_boxed(self, value: Box<dyn Give<bool>>, name: &'static str) -> Self {
        let is_aria = name.starts_with("aria-");
        self.keep(
            Box::new(move || match (value.give(), is_aria) {
                (true, true) => Some("true".to_owned()),
                (false, true) => Some("false".to_owned()),
                (true, false) => Some(String::new()),
                (false, false) => None,
            }),
            name,
        )
    }

    fn keep(self, value: Box<dyn Give<Option<String>>>, name: &'static str) -> Self {
        let element = self.clone();
        let last: RefCell<Option<Option<String>>> = RefCell::new(None);
        effect(move || {
            let next = value.give();
            if last.borrow().as_ref() != Some(&next) {
                element.set(name, next.as_deref());
                last.replace(Some(next));
            }
        });
        self
    }

    /// Replaces the text.
    pub(crate) fn text(self, text: &str) -> Self {
        self.0.set_text_content(Some(text));
        self
    }

    /// Keeps the text at what a closure says.
    pub(crate) fn text_of(self, text: impl Fn() -> String + 'static) -> Self {
        self.text_boxed(Box::new(text))
    }

    fn text_boxed(self, text: Box<dyn Give<String>>) -> Self {
        let element = self.0.clone();
        let last: RefCell<Option<String>> = RefCell::new(None);
        effect(move || {
            let next = text.give();
            if last.borrow().as_ref() != Some(&next) {
                element.set_text_content(Some(&next));
                last.replace(Some(next));
            }
        });
        self
    }

    /// Appends a child.
    pub(crate) fn child(self, child: impl Into<Self>) -> Self {
        self.append(&child.into());
        self
    }

    /// Appends a child if there is one.
    pub(crate) fn maybe(self, child: Option<Self>) -> Self {
        if let Some(child) = child {
            self.append(&child);
        }
        self
    }

    /// Appends children.
    pub(crate) fn children(self, children: impl IntoIterator<Item = Self>) -> Self {
        for child in children {
            self.append(&child);
        }
        self
    }

    /// Appends text beside other children.
    pub(crate) fn words(self, text: &str) -> Self {
        self.add_words(text);
        self
    }

    /// Appends text, without chaining.
    pub(crate) fn add_words(&self, text: &str) {
        let _added = self.0.append_child(&text_node(text));
    }

    /// Appends a child, without chaining.
    pub(crate) fn append(&self, child: &Self) {
        let _added = self.0.append_child(&child.0);
    }

    /// Takes everything out.
    pub(crate) fn clear(&self) {
        self.0.set_text_content(None);
    }

    /// A part that is rebuilt whenever `key` gives another value. `build` is not tracked: what it shows of later changes
    /// it reads in effects of its own.
    pub(crate) fn part<K: PartialEq + 'static>(
        self,
        key: impl Fn() -> K + 'static,
        build: impl Fn() -> Option<Self> + 'static,
    ) -> Self {
        let last = RefCell::new(None);
        let has_changed = move || {
            let next = Some(key());
            let changed = *last.borrow() != next;
            if changed {
                last.replace(next);
            }
            changed
        };
        self.part_boxed(Box::new(has_changed), Box::new(build))
    }

    /// A part that is there while a condition holds.
    pub(crate) fn when(
        self,
        is_shown: impl Fn() -> bool + 'static,
        build: impl Fn() -> Self + 'static,
    ) -> Self {
        let is_shown = Rc::new(is_shown);
        let again = is_shown.clone();
        self.part(move || is_shown(), move || again().then(&build))
    }

    fn part_boxed(self, has_changed: Box<dyn Give<bool>>, build: Box<dyn Give<Option<Self>>>) -> Self {
        let marker = document().create_text_node("");
        let _added = self.0.append_child(&marker);
        let shown: RefCell<Option<Self>> = RefCell::new(None);
        let part = Part::new();
        effect(move || {
            if has_changed.give() {
                let next = part.build(&*build);
                if let Some(before) = shown.take() {
                    before.take_away();
                }
                if let (Some(next), Some(parent)) = (&next, marker.parent_node()) {
                    let _added = parent.insert_before(&next.0, Some(&marker));
                }
                shown.replace(next);
            }
        });
        self
    }

    /// Children by key: kept, moved, added and removed as the keys say, so that focus and state survive.
    pub(crate) fn each(
        self,
        keys: impl Fn() -> Vec<String> + 'static,
        build: impl Fn(&str) -> Self + 'static,
    ) -> Self {
        self.each_boxed(Box::new(keys), Box::new(build))
    }

    fn each_boxed(self, keys: Box<dyn Give<Vec<String>>>, build: Box<dyn Make>) -> Self {
        let parent = self.0.clone();
        let shown: Rc<RefCell<Vec<(String, Self, Owner)>>> = Rc::default();
        let kept = shown.clone();
        at_end(move || {
            for (.., owner) in kept.take() {
                owner.cleanup();
            }
        });
        effect(move || {
            let keys = keys.give();
            let mut before = shown.take();
            if before.len() == keys.len() && before.iter().zip(&keys).all(|((old, ..), new)| old == new) {
                shown.replace(before);
                return;
            }
            let mut after = Vec::with_capacity(keys.len());
            for key in keys {
                let entry = match before.iter().position(|(old, ..)| *old == key) {
                    Some(at) => before.remove(at),
                    None => {
                        let (built, owner) = owned(|| build.make(&key));
                        (key, built, owner)
                    }
                };
                after.push(entry);
            }
            for (_, gone, owner) in before {
                owner.cleanup();
                gone.take_away();
            }
            let mut next = parent.first_child();
            for (_, wanted, _) in &after {
                if next.as_ref() == Some(wanted.0.as_ref()) {
                    next = wanted.0.next_sibling();
                } else {
                    let _added = parent.insert_before(&wanted.0, next.as_ref());
                }
            }
            shown.replace(after);
        });
        self
    }

    /// Listens to an event until the current owner ends.
    pub(crate) fn on(self, event: &'static str, run: impl Fn(web_sys::Event) + 'static) -> Self {
        self.listen(event, Box::new(run));
        self
    }

    /// Listens to a click until the current owner ends.
    pub(crate) fn click(self, run: impl Fn() + 'static) -> Self {
        self.listen("click", Box::new(Clicked(Box::new(run))));
        self
    }

    fn listen(&self, event: &'static str, run: Box<dyn Hear>) {
        let hear: Box<dyn Fn(web_sys::Event)> = Box::new(move |event| run.hear(event));
        let listener = Closure::wrap(hear);
        let _added = self
            .0
            .add_event_listener_with_callback(intern(event), listener.as_ref().unchecked_ref());
        let element = self.0.clone();
        at_end(move || {
            let _removed =
                element.remove_event_listener_with_callback(intern(event), listener.as_ref().unchecked_ref());
        });
    }

    /// Gives the element to a closure, for what has no word of its own here.
    pub(crate) fn with(self, run: impl FnOnce(&Self)) -> Self {
        run(&self);
        self
    }

    /// The element as another class of the DOM; the caller knows that it is one.
    pub(crate) fn cast<T: JsCast>(&self) -> &T {
        self.0.unchecked_ref()
    }

    /// Sets a style property; allowed under a strict `style-src`, unlike the attribute.
    pub(crate) fn style(self, property: &str, value: &str) -> Self {
        self.set_style(property, value);
        self
    }

    /// Sets a style property, without chaining.
    pub(crate) fn set_style(&self, property: &str, value: &str) {
        let _set = self
            .cast::<web_sys::HtmlElement>()
            .style()
            .set_property(intern(property), value);
    }

    /// Removes it. Where the focus was in it, what it stood in is told by an event [`FOCUS_LOST`]: browsers let the focus fall
    /// to the body without a word.
    fn take_away(&self) {
        let parent = self.0.parent_node();
        let had_focus = self.0.matches(":focus-within").unwrap_or(false);
        self.0.remove();
        if let (Some(parent), true) = (parent, had_focus) {
            let init = web_sys::CustomEventInit::new();
            init.set_bubbles(true);
            if let Ok(event) = web_sys::CustomEvent::new_with_event_init_dict(FOCUS_LOST, &init) {
                let _sent = parent.dispatch_event(&event);
            }
        }
    }

    /// Gives it the focus.
    pub(crate) fn focus(&self) {
        let _done = self.cast::<web_sys::HtmlElement>().focus();
    }

    /// What an input, select or textarea holds.
    pub(crate) fn value(&self) -> String {
        js_sys::Reflect::get(&self.0, &"value".into())
            .ok()
            .and_then(|value| value.as_string())
            .unwrap_or_default()
    }

    /// Sets what an input, select or textarea holds.
    pub(crate) fn set_value(&self, value: &str) {
        if self.value() != value {
            self.put("value", &value.into());
        }
    }

    /// Sets a property of the object.
    pub(crate) fn put(&self, property: &str, value: &JsValue) {
        let _set = js_sys::Reflect::set(&self.0, &intern(property).into(), value);
    }

    /// Keeps a boolean property, such as `checked` or `indeterminate`.
    pub(crate) fn put_of(self, property: &'static str, value: impl Fn() -> bool + 'static) -> Self {
        self.put_boxed(property, Box::new(value))
    }

    fn put_boxed(self, property: &'static str, value: Box<dyn Give<bool>>) -> Self {
        let element = self.clone();
        effect(move || element.put(property, &value.give().into()));
        self
    }
}

/// Calls a function as soon as what runs now is done.
pub(crate) fn soon(run: impl FnOnce() + 'static) {
    wasm_bindgen_futures::spawn_local(async move { run() });
}

/// What an event's target holds, for inputs.
pub(crate) fn target_value(event: &web_sys::Event) -> String {
    event
        .target()
        .map(|target| El(target.unchecked_into()).value())
        .unwrap_or_default()
}

/// Whether an event's target is checked.
pub(crate) fn target_is_checked(event: &web_sys::Event) -> bool {
    event
        .target()
        .and_then(|target| js_sys::Reflect::get(&target, &"checked".into()).ok())
        .is_some_and(|checked| checked.is_truthy())
}
