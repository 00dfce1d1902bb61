//! Everything on screen.

pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod element;
pub(crate) mod grid;
pub(crate) mod kit;
pub(crate) mod outcomes;
pub(crate) mod panels;
pub(crate) mod show;
pub(crate) mod state;
pub(crate) mod states;
pub(crate) mod tasks;
pub(crate) mod toolbar;
pub(crate) mod words;

pub(crate) mod flyout {
    use super::kit::dom::*;
    use super::state::*;
    use action_center_core::domain::action::*;
    use std::rc::Rc;
    pub(crate) fn sheet(_: App, _: Operation, _: Rc<Vec<Action>>) -> El {
        el("dialog")
    }
    pub(crate) fn results(_: App, _: &str) -> El {
        el("dialog")
    }
    pub(crate) fn irreversible(_: App, _: Operation, _: Rc<Action>) -> El {
        el("dialog")
    }
    pub(crate) fn unstored(_: App, _: &str) -> El {
        el("dialog")
    }
    pub(crate) fn flyout(_: App) -> El {
        el("dialog")
    }
    pub(crate) fn start(_: App, _: Operation) {}
    pub(crate) fn close(_: App) {}
}
pub(crate) mod investigation {
    use super::kit::dom::*;
    use super::state::*;
    pub(crate) fn page(_: App) -> El {
        el("div")
    }
}
