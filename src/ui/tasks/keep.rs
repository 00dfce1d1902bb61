//! What a browser keeps for its user: zone, theme and columns. What can't be read is left out.

use action_center_core::domain::column::{Column, columns_of};
use action_center_core::domain::query::View;

use crate::ui::browser::storage;
use crate::ui::state::{App, Layout, Theme, Zone};

const ZONE: &str = "action-center.zone";
const THEME: &str = "action-center.theme";

fn columns_key(view: View) -> String {
    let mut key = String::from("action-center.columns.");
    key.push_str(view.word());
    key
}

/// Takes up what was kept.
pub(crate) fn restore(app: App) {
    app.zone.set(if storage::read(ZONE).as_deref() == Some("utc") {
        Zone::Utc
    } else {
        Zone::Local
    });
    app.theme.set(match storage::read(THEME).as_deref() {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::System,
    });
    app.layouts.update(|layouts| {
        for (layout, view) in layouts.iter_mut().zip(View::ALL) {
            *layout = read_layout(view, &storage::read(&columns_key(view)).unwrap_or_default());
        }
    });
}

/// Sets and keeps the zone.
pub(crate) fn set_zone(app: App, zone: Zone) {
    app.zone.set(zone);
    storage::write(ZONE, if zone == Zone::Utc { "utc" } else { "local" });
}

/// Sets and keeps the theme.
pub(crate) fn set_theme(app: App, theme: Theme) {
    app.theme.set(theme);
    match theme {
        Theme::System => storage::remove(THEME),
        Theme::Light => {
            storage::write(THEME, "light");
        }
        Theme::Dark => {
            storage::write(THEME, "dark");
        }
    }
}

/// A view's columns before the user changes them.
pub(crate) fn default_layout(view: View) -> Layout {
    let (columns, n_shown) = columns_of(view);
    Layout {
        order: columns.to_vec(),
        shown: columns[..n_shown].to_vec(),
        widths: Vec::new(),
    }
}

/// Changes and keeps a view's columns.
pub(crate) fn change_layout(app: App, view: View, change: impl FnOnce(&mut Layout)) {
    app.layouts.update(|layouts| change(&mut layouts[view as usize]));
    let layout = app.layouts.peek()[view as usize].clone();
    if layout == default_layout(view) {
        storage::remove(&columns_key(view));
    } else {
        storage::write(&columns_key(view), &write_layout(&layout));
    }
}

/// `member`, `+` before it where it is shown, `:width` behind it where the user chose one; joined by spaces.
fn write_layout(layout: &Layout) -> String {
    let mut out = String::new();
    for column in &layout.order {
        if !out.is_empty() {
            out.push(' ');
        }
        if layout.shown.contains(column) {
            out.push('+');
        }
        out.push_str(column.info().member);
        if let Some((_, width)) = layout.widths.iter().find(|(of, _)| of == column) {
            out.push(':');
            out.push_str(&width.to_string());
        }
    }
    out
}

fn read_layout(view: View, text: &str) -> Layout {
    let (all, _) = columns_of(view);
    let mut layout = Layout::default();
    for part in text.split(' ').take(128) {
        let (part, width) = part.split_once(':').unwrap_or((part, ""));
        let (member, is_shown) = part
            .strip_prefix('+')
            .map_or((part, false), |member| (member, true));
        let Some(column) = Column::parse(member, view).filter(|column| all.contains(column)) else {
            continue;
        };
        if layout.order.contains(&column) {
            continue;
        }
        layout.order.push(column);
        if is_shown {
            layout.shown.push(column);
        }
        if let Some(width) = width.parse().ok().filter(|width| (48..=1200).contains(width)) {
            layout.widths.push((column, width));
        }
    }
    if layout.shown.is_empty() {
        return default_layout(view);
    }
    // Columns that came with a newer version stand behind the known ones, hidden.
    for column in all {
        if !layout.order.contains(column) {
            layout.order.push(*column);
        }
    }
    layout
}

/// A view's columns as they are drawn now: first those that the address names, else the user's own; tracked.
pub(crate) fn layout(app: App, view: View) -> Layout {
    let named = app
        .place
        .with(|place| place.columns.clone().filter(|_| place.query.view == view));
    let mut layout = app.layouts.with(|layouts| layouts[view as usize].clone());
    if let Some(named) = named {
        layout.order.retain(|column| !named.contains(column));
        layout.order.splice(0..0, named.iter().copied());
        layout.shown = named;
    }
    layout
}

/// The columns to draw; tracked.
pub(crate) fn shown_columns(app: App) -> Vec<Column> {
    shown_of(&layout(app, app.view()))
}

fn shown_of(layout: &Layout) -> Vec<Column> {
    layout
        .order
        .iter()
        .copied()
        .filter(|column| layout.shown.contains(column))
        .collect()
}

/// The user's own columns, where they differ from the view's default: what an address says of them.
pub(crate) fn own_columns(app: App, view: View) -> Option<Vec<Column>> {
    let own = shown_of(&app.layouts.peek()[view as usize]);
    (!own.is_empty() && own != default_layout(view).shown).then_some(own)
}

/// Changes the columns that are drawn and makes them the user's own.
pub(crate) fn change_columns(app: App, view: View, change: impl FnOnce(&mut Layout)) {
    let mut layout = layout(app, view);
    change(&mut layout);
    change_layout(app, view, |own| *own = layout);
    super::place::forget_columns(app);
}
