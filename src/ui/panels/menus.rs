//! Menus of the app bar and the toolbar: theme, zone, session, and what a narrow page has no room for. They are native
//! popovers: Escape and a click beside close them, and the focus goes back (ARIA Authoring Practices, Menu Button).

use action_center_core::domain::query::Range;
use action_center_core::domain::text;
use action_center_core::domain::time::zone_name;
use action_center_core::domain::words::humanise;
use action_center_core::wire::Session;
use wasm_bindgen::JsCast;

use super::{open, range};
use crate::ui::kit::dom::{El, div, el, span};
use crate::ui::kit::parts::{icon, icon_button, spoken};
use crate::ui::show;
use crate::ui::state::{App, Dialog, Theme, Zone};
use crate::ui::tasks::keep;

/// A button and what it opens, side by side.
fn popover(class: &str, button: El, content: El) -> El {
    let content = content.attr("popover", "auto");
    button.put("popoverTargetElement", &content.0);
    let (expanded, shown) = (button.clone(), content.clone());
    expanded.set("aria-expanded", Some("false"));
    let content = content.on("toggle", move |_| {
        let is_open = shown.0.matches(":popover-open").unwrap_or(false);
        expanded.set("aria-expanded", Some(if is_open { "true" } else { "false" }));
        if is_open {
            let first = ["[aria-checked=true]", "[role^=menuitem]"];
            if let Some(item) = first
                .into_iter()
                .find_map(|name| shown.0.query_selector(name).ok().flatten())
            {
                El(item).focus();
            }
        } else {
            // Inside a shadow root Chromium lets the focus fall when Escape closes a popover.
            let root: web_sys::ShadowRoot = shown.0.get_root_node().unchecked_into();
            let is_lost = |active: web_sys::Element| shown.0.contains(Some(&active));
            if root.active_element().is_none_or(is_lost) {
                expanded.focus();
            }
        }
    });
    let open = content.clone();
    div(class)
        .child(button)
        .child(content)
        .on("keydown", move |event| {
            // Neither a letter in an open menu nor the Escape that closes it is a shortcut of the page.
            if open.0.matches(":popover-open").unwrap_or(false) {
                event.stop_propagation();
            }
        })
}

fn menu(class: &str, button: El, name: &str, items: impl IntoIterator<Item = El>) -> El {
    let content = div("menu")
        .attr("role", "menu")
        .attr("aria-label", name)
        .children(items);
    let keys = content.clone();
    let content = content.on("keydown", move |event| {
        let event: &web_sys::KeyboardEvent = event.unchecked_ref();
        if move_focus(&keys, &event.key()) {
            event.prevent_default();
        } else if event.key() == "Tab" {
            hide(&keys);
        }
    });
    popover(class, button.attr("aria-haspopup", "menu"), content)
}

fn hide(content: &El) {
    let _hidden = content.cast::<web_sys::HtmlElement>().hide_popover();
}

/// Moves the focus among a menu's items; says whether the key does that.
fn move_focus(content: &El, key: &str) -> bool {
    let Ok(items) = content.0.query_selector_all("[role^=menuitem]") else {
        return false;
    };
    let n_items = items.length();
    let is_focused = |at: &u32| {
        items.get(*at).is_some_and(|item| {
            item.unchecked_into::<web_sys::Element>()
                .matches(":focus")
                .unwrap_or(false)
        })
    };
    let at = (0..n_items).find(is_focused);
    let next = match key {
        "ArrowDown" => at.map_or(0, |at| (at + 1) % n_items.max(1)),
        "ArrowUp" => at
            .unwrap_or(0)
            .checked_sub(1)
            .unwrap_or(n_items.saturating_sub(1)),
        "Home" => 0,
        "End" => n_items.saturating_sub(1),
        _ => return false,
    };
    if let Some(item) = items.get(next) {
        El(item.unchecked_into()).focus();
    }
    true
}

fn item(icon_name: &str, words: &str, run: impl Fn() + 'static) -> El {
    let itself = el("button")
        .attr("type", "button")
        .attr("tabindex", "-1")
        .attr("role", "menuitem")
        .class("menu__item")
        .child(icon(icon_name))
        .words(words);
    let chosen = itself.clone();
    itself.click(move || {
        // First, so that a dialog that the item opens can give the focus back to the menu's button.
        leave(&chosen);
        run();
    })
}

/// Closes the menu of an item, with the focus back on its button.
fn leave(item: &El) {
    if let Ok(Some(content)) = item.0.closest("[role=menu]") {
        if let Some(button) = content.previous_element_sibling() {
            El(button).focus();
        }
        hide(&El(content));
    }
}

fn radio(words: &str, is_chosen: impl Fn() -> bool + 'static, run: impl Fn() + 'static) -> El {
    item("check", words, run)
        .attr("role", "menuitemradio")
        .flag("aria-checked", is_chosen)
}

/// The button **Theme** and its menu.
pub(crate) fn theme_button(app: App) -> El {
    let button = icon_button("button button--subtle button--icon", "theme", "Theme");
    let themes = [
        (Theme::System, "System"),
        (Theme::Light, "Light"),
        (Theme::Dark, "Dark"),
    ];
    menu(
        "menu-box",
        button,
        "Theme",
        themes.map(|(theme, words)| {
            radio(
                words,
                move || app.theme.get() == theme,
                move || keep::set_theme(app, theme),
            )
        }),
    )
}

fn zone_words(zone: Zone) -> &'static str {
    match zone {
        Zone::Local => "Local time",
        Zone::Utc => "UTC",
    }
}

fn other_zone(app: App) -> Zone {
    match *app.zone.peek() {
        Zone::Local => Zone::Utc,
        Zone::Utc => Zone::Local,
    }
}

/// The button that says the zone of all times and switches it.
pub(crate) fn zone_button(app: App) -> El {
    el("button")
        .attr("type", "button")
        .class("button button--subtle wide-only")
        .attr_of("title", move || {
            Some(
                if app.zone.get() == Zone::Utc {
                    "Show times in local time"
                } else {
                    "Show times in UTC"
                }
                .to_owned(),
            )
        })
        .child(icon("clock"))
        .child(span("").text_of(move || zone_words(app.zone.get()).to_owned()))
        .child(
            span("faint")
                .attr("aria-hidden", "true")
                .text_of(move || match app.zone.get() {
                    Zone::Utc => String::new(),
                    Zone::Local => zone_name(app.offset_at(app.clock.get())),
                }),
        )
        .click(move || keep::set_zone(app, other_zone(app)))
}

/// The user's initials; name, roles and tenant behind them.
pub(crate) fn session_button(app: App) -> El {
    div("").part(
        move || app.session(),
        move || app.session_now().map(|session| who(&session)),
    )
}

fn who(session: &Session) -> El {
    let initials: String = session
        .user_name
        .split_whitespace()
        .filter_map(|word| word.chars().find(|character| character.is_alphanumeric()))
        .take(2)
        .flat_map(char::to_uppercase)
        .collect();
    let name = text::spoken(text::clipped(&session.user_name, 200).0);
    let name = if name.is_empty() { "Session" } else { &name };
    let button = el("button")
        .attr("type", "button")
        .class("avatar")
        .child(span("").attr("aria-hidden", "true").text(&initials))
        .child(spoken(name));
    let roles: Vec<String> = session.roles.iter().take(20).map(|role| humanise(role)).collect();
    let line = |words: &str| {
        el("p")
            .class("menu__text")
            .child(show::bdi(text::clipped(words, 400).0))
    };
    let content = div("menu")
        .attr("role", "group")
        .attr("aria-label", "Signed in")
        .child(line(&session.user_name))
        .child(line(&roles.join(", ")))
        .maybe(session.tenant_name.as_deref().map(line));
    popover("menu-box", button, content)
}

/// The button **More** of a narrow page, which has what the bars have no room for.
pub(crate) fn more_button(app: App) -> El {
    let button = icon_button("button button--subtle button--icon", "more", "More");
    let ranges = Range::NAMED.into_iter().map(|named| {
        radio(
            named.title(),
            move || app.place.with(|place| place.query.range == named),
            move || range::choose(app, named.word().unwrap_or_default()),
        )
    });
    let custom = radio(
        "Custom range…",
        move || app.place.with(|place| place.query.range.word().is_none()),
        move || open(app, Dialog::Range),
    );
    let dialogs = [
        ("columns", "Columns", Dialog::Columns),
        ("export", "Export", Dialog::Export),
        ("keyboard", "Keyboard shortcuts", Dialog::Shortcuts),
    ];
    let zones = [Zone::Local, Zone::Utc].map(|zone| {
        radio(
            zone_words(zone),
            move || app.zone.get() == zone,
            move || keep::set_zone(app, zone),
        )
    });
    let group = |name: &str| div("").attr("role", "group").attr("aria-label", name);
    menu(
        "menu-box narrow-only",
        button,
        "More",
        [
            group("Time range").children(ranges).child(custom),
            group("Table").children(
                dialogs.map(|(icon, words, dialog)| item(icon, words, move || open(app, dialog.clone()))),
            ),
            group("Times in").children(zones),
        ],
    )
}
