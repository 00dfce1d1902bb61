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
    app.zone.set(if storage::read(ZONE).as_deref() == Some("utc") { Zone::Utc } else { Zone::Local });
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
    Layout { order: columns.to_vec(), shown: columns[..n_shown].to_vec(), widths: Vec::new() }
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
        let (member, is_shown) = part.strip_prefix('+').map_or((part, false), |member| (member, true));
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

/// The columns to draw: those that the address names, or the user's own; tracked.
pub(crate) fn shown_columns(app: App) -> Vec<Column> {
    let place = app.place.with(|place| (place.query.view, place.columns.clone()));
    match place {
        (_, Some(columns)) => columns,
        (view, None) => app.layouts.with(|layouts| {
            let layout = &layouts[view as usize];
            layout.order.iter().copied().filter(|column| layout.shown.contains(column)).collect()
        }),
    }
}
