//! The rows of one window in memory, by column: dictionary codes for text, narrow integers for times, bitmaps for filters,
//! rank orders for sorting. Pure: `now` is an argument, and nothing moves before `start` or `evaluate` is called.
//! May use `domain`; reads `wire` rows.
//!
//! Rows are numbered from 0 in the order in which they came, and keep their number. A removed row leaves its number behind, and takes
//! it again if it comes back.

mod bitmap;
mod columns;
mod dictionary;
mod evaluate;
mod fields;
mod search;
mod selection;
mod sort;

pub use bitmap::Bitmap;
pub use evaluate::{FacetCounts, FacetValue};

use columns::{Codes, Wholes};
use dictionary::Dictionary;
use evaluate::{Background, Evaluation, Job};
use fields::{Field, N_TIMES, N_WHOLES, Source, Whole, source_of};

use crate::domain::action::{Action, Asset, Decider, Impact, Investigation, PENDING, waiting};
use crate::domain::column::Column;
use crate::domain::query::View;
use crate::domain::time::{SECOND, Time};
use crate::wire::{Row, Text};

/// What became of a row that was put in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// It is new (or back), under this number.
    Added(u32),
    /// It replaced an older state of itself.
    Changed(u32),
    /// The store holds the same or a newer state.
    Stale(u32),
}

impl What {
    /// The row's number.
    #[must_use]
    pub fn row(self) -> u32 {
        match self {
            Self::Added(row) | Self::Changed(row) | Self::Stale(row) => row,
        }
    }
}

/// The rows of one window.
#[derive(Debug)]
pub struct Store {
    view: View,
    /// By `Field`. A row's id is the text of its number plus one, so `Id` needs no codes.
    dictionaries: Vec<Dictionary>,
    codes: Vec<Codes>,
    wholes: Vec<Wholes>,
    n_rows: u32,
    /// Rows that are not removed.
    living: Bitmap,
    selected: Bitmap,
    changed: Bitmap,
    /// Rows that changed in place since the last evaluation.
    dirty: Bitmap,
    n_dirty: u32,
    /// How often a row was replaced since texts were last looked through for waste.
    n_replaced: u32,
    /// Of each investigation id, by code: the newest title, by code.
    titles: Codes,
    scratch: String,
    evaluation: Evaluation,
    job: Option<Job>,
    background: Background,
}

const DEFAULT_SEED: u64 = 0x2545_F491_4F6C_DD1D;

impl Store {
    /// An empty store for a view's rows.
    #[must_use]
    pub fn new(view: View) -> Self {
        Self::seeded(view, DEFAULT_SEED)
    }

    /// An empty store whose hash tables nobody can predict who doesn't know the seed.
    #[must_use]
    pub fn seeded(view: View, seed: u64) -> Self {
        Self {
            view,
            dictionaries: fields::ALL
                .iter()
                .map(|field| Dictionary::new(seed, fields::signature_shift(*field)))
                .collect(),
            codes: fields::ALL.iter().map(|_| Codes::new()).collect(),
            wholes: (0..N_WHOLES)
                .map(|index| Wholes::new(if index < N_TIMES { SECOND } else { 1 }))
                .collect(),
            n_rows: 0,
            living: Bitmap::new(),
            selected: Bitmap::new(),
            changed: Bitmap::new(),
            dirty: Bitmap::new(),
            n_dirty: 0,
            n_replaced: 0,
            titles: Codes::new(),
            scratch: String::new(),
            evaluation: Evaluation::default(),
            job: None,
            background: Background::default(),
        }
    }

    /// The view whose rows these are.
    #[must_use]
    pub fn view(&self) -> View {
        self.view
    }

    /// How many rows it holds, removed ones not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.living.count()
    }

    /// Whether it holds no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.living.is_empty()
    }

    /// One above the highest row number that was given.
    #[must_use]
    pub fn n_rows(&self) -> u32 {
        self.n_rows
    }

    /// The number of the row with an id, if it is there.
    #[must_use]
    pub fn row_of(&self, id: &str) -> Option<u32> {
        let code = self.dictionaries[Field::Id as usize].find(id)?;
        Some(code - 1).filter(|row| self.living.has(*row))
    }

    /// Whether a row is there, not removed.
    #[must_use]
    pub fn has(&self, row: u32) -> bool {
        self.living.has(row)
    }

    /// Puts an action in, as the wire gives it. Of two states the later `updatedAt` wins; of the same time, the one that comes
    /// later, where its version differs.
    pub fn push(&mut self, row: &Row<'_>) -> What {
        let version = row.version.as_deref();
        let decider = row.decided_by.as_ref();
        let asset = row.asset.as_ref();
        let texts = [
            (Field::Id, Some(&*row.id)),
            (Field::Version, version),
            (Field::Approval, row.approval_id.as_deref()),
            (Field::InvestigationId, row.investigation_id.as_deref()),
            (Field::InvestigationTitle, row.investigation_title.as_deref()),
            (Field::ActionType, Some(&*row.action_type)),
            (Field::Status, Some(&*row.status)),
            (Field::Decision, row.decision.as_deref()),
            (Field::DeciderKind, decider.map(|decider| &*decider.kind)),
            (Field::DeciderName, decider.map(|decider| &*decider.name)),
            (Field::EntityType, Some(&*row.entity_type)),
            (Field::Entity, Some(&*row.entity)),
            (Field::AssetKind, asset.map(|asset| &*asset.kind)),
            (Field::AssetId, asset.and_then(|asset| asset.id.as_deref())),
            (Field::AssetName, asset.map(|asset| &*asset.name)),
            (
                Field::AssetCriticality,
                asset.and_then(|asset| asset.criticality.as_deref()),
            ),
            (Field::Severity, row.severity.as_deref()),
            (Field::Threat, row.threat.as_deref()),
            (Field::Source, row.source.as_deref()),
            (
                Field::Reversible,
                row.reversible
                    .map(|reversible| if reversible { "true" } else { "false" }),
            ),
            (Field::Comment, row.comment.as_deref()),
        ];
        let hashes = self.read_ahead(&texts);
        let what = self.claim(&row.id, row.updated_at.0, Whole::Updated, version);
        let (What::Added(at) | What::Changed(at)) = what else {
            return what;
        };
        for ((field, text), hash) in texts.iter().zip(&hashes).skip(1) {
            let code = text.map_or(0, |text| {
                self.dictionaries[*field as usize].intern_hashed(text, *hash)
            });
            self.codes[*field as usize].set(at, code);
        }
        self.put_list(
            at,
            Field::AlertIds,
            row.alert_ids.as_deref().filter(|list| !list.is_empty()),
        );
        self.put_list(at, Field::Operations, row.operations.as_deref());
        match row.impact {
            Some(impact) => {
                let mut text = std::mem::take(&mut self.scratch);
                text.clear();
                fields::push_impact(&mut text, impact.into());
                self.put(at, Field::Impact, Some(&text));
                self.scratch = text;
            }
            None => self.put(at, Field::Impact, None),
        }
        for (whole, stamp) in [
            (Whole::Created, Some(row.created_at)),
            (Whole::Updated, Some(row.updated_at)),
            (Whole::Decided, row.decided_at),
            (Whole::Started, row.started_at),
            (Whole::Ended, row.ended_at),
            (Whole::Expires, row.expires_at),
        ] {
            self.wholes[whole as usize].set(at, stamp.map(|stamp| stamp.0.0));
        }
        let title = self.codes[Field::InvestigationTitle as usize].get(at);
        if title != 0 {
            self.titles
                .set(self.codes[Field::InvestigationId as usize].get(at), title);
        }
        what
    }

    /// Puts an action in, as an event or a receipt gives it. It may have left the view: the next evaluation leaves it out.
    pub fn upsert_action(&mut self, action: &Action) -> What {
        self.push(&fields::row_of(action))
    }

    /// Puts an investigation in. Of two states the later update wins; of the same time, the one that comes later.
    pub fn upsert_investigation(&mut self, investigation: &Investigation) -> What {
        let updated = fields::newest(investigation);
        let what = self.claim(&investigation.id, updated, Whole::Updated, None);
        let (What::Added(at) | What::Changed(at)) = what else {
            return what;
        };
        let (assets, names) = fields::assets_as_text(&investigation.assets);
        let has_assets = !investigation.assets.is_empty();
        let alert = investigation.triggering_alert.as_ref();
        for (field, text) in [
            (Field::Title, Some(investigation.title.as_str())),
            (Field::Status, Some(investigation.status.as_str())),
            (Field::Severity, investigation.severity.as_deref()),
            (Field::Category, investigation.category.as_deref()),
            (Field::DetectionSource, investigation.detection_source.as_deref()),
            (Field::AlertId, alert.map(|alert| alert.id.as_str())),
            (Field::AlertTitle, alert.map(|alert| alert.title.as_str())),
            (
                Field::AlertSeverity,
                alert.and_then(|alert| alert.severity.as_deref()),
            ),
            (
                Field::AlertStatus,
                alert.and_then(|alert| alert.status.as_deref()),
            ),
            (Field::AlertUrl, alert.and_then(|alert| alert.url.as_deref())),
            (Field::Assets, has_assets.then_some(assets.as_str())),
            (Field::AssetNames, has_assets.then_some(names.as_str())),
            (
                Field::AssetName,
                investigation.assets.first().map(|asset| asset.name.as_str()),
            ),
            (Field::Url, investigation.url.as_deref()),
        ] {
            self.put(at, field, text);
        }
        for (whole, value) in [
            (Whole::Started, Some(investigation.started_at.0)),
            (Whole::Updated, investigation.updated_at.map(|time| time.0)),
            (Whole::Ended, investigation.ended_at.map(|time| time.0)),
            (Whole::Threats, investigation.threat_count),
            (Whole::Actions, investigation.action_count),
            (Whole::PendingActions, investigation.pending_action_count),
            (Whole::PendingSeconds, investigation.pending_seconds),
        ] {
            self.wholes[whole as usize].set(at, value);
        }
        what
    }

    /// Takes a row out. Its number, if it was there.
    pub fn remove(&mut self, id: &str) -> Option<u32> {
        let row = self.row_of(id)?;
        self.living.set(row, false);
        self.selected.set(row, false);
        self.changed.set(row, false);
        self.note_dirty(row);
        Some(row)
    }

    /// A row number for an id: a new one, or the old one where the newcomer replaces what is there.
    fn claim(&mut self, id: &str, updated: Time, whole: Whole, version: Option<&str>) -> What {
        let code = self.dictionaries[Field::Id as usize].intern(id);
        let Some(row) = code.checked_sub(1) else {
            return What::Stale(u32::MAX);
        };
        if row >= self.n_rows {
            self.n_rows = row + 1;
            self.living.set(row, true);
            return What::Added(row);
        }
        let before = self.whole(row, whole).or_else(|| self.whole(row, Whole::Started));
        if !self.living.has(row) {
            // An old state that comes late does not bring back what has moved on since.
            if before.is_some_and(|before| updated.0 < before) {
                return What::Stale(row);
            }
            self.living.set(row, true);
            self.note_dirty(row);
            return What::Added(row);
        }
        let is_stale = before.is_some_and(|before| {
            updated.0 < before
                || (updated.0 == before
                    && self.view.is_of_actions()
                    && version.unwrap_or_default() == self.field(row, Field::Version).unwrap_or_default())
        });
        if is_stale {
            return What::Stale(row);
        }
        self.note_dirty(row);
        self.n_replaced = self.n_replaced.saturating_add(1);
        What::Changed(row)
    }

    fn note_dirty(&mut self, row: u32) {
        if !self.dirty.has(row) {
            self.dirty.set(row, true);
            self.n_dirty += 1;
        }
    }

    fn put(&mut self, row: u32, field: Field, text: Option<&str>) {
        let code = text.map_or(0, |text| self.dictionaries[field as usize].intern(text));
        self.codes[field as usize].set(row, code);
    }

    /// The texts' hashes. What will be looked at is read here for all of them first, so that they wait for memory together
    /// and not one by one: most of the time of a row is such waiting.
    fn read_ahead<const N: usize>(&self, texts: &[(Field, Option<&str>); N]) -> [u64; N] {
        let (mut hashes, mut codes, mut sum) = ([0; N], [0; N], 0);
        for ((field, text), hash) in texts.iter().zip(&mut hashes) {
            if let Some(text) = text {
                let dictionary = &self.dictionaries[*field as usize];
                *hash = dictionary.hash(text);
                sum ^= dictionary.touch_slot(*hash);
            }
        }
        for (((field, text), hash), code) in texts.iter().zip(&hashes).zip(&mut codes) {
            if text.is_some() {
                let (likely, start) = self.dictionaries[*field as usize].touch_start(*hash);
                *code = likely;
                sum ^= u64::from(start);
            }
        }
        for ((field, _), code) in texts.iter().zip(&codes) {
            sum ^= u64::from(self.dictionaries[*field as usize].touch_text(*code));
        }
        std::hint::black_box(sum);
        hashes
    }

    fn put_list(&mut self, row: u32, field: Field, texts: Option<&[Text<'_>]>) {
        let Some(texts) = texts else {
            self.put(row, field, None);
            return;
        };
        let mut list = std::mem::take(&mut self.scratch);
        list.clear();
        for text in texts {
            fields::push_item(&mut list, Some(text));
        }
        self.put(row, field, Some(&list));
        self.scratch = list;
    }

    fn field(&self, row: u32, field: Field) -> Option<&str> {
        self.dictionaries[field as usize].get(self.code(row, field))
    }

    fn code(&self, row: u32, field: Field) -> u32 {
        if field == Field::Id {
            if row < self.n_rows { row + 1 } else { 0 }
        } else {
            self.codes[field as usize].get(row)
        }
    }

    fn whole(&self, row: u32, whole: Whole) -> Option<i64> {
        self.wholes[whole as usize].get(row)
    }

    /// The id of a row; empty where there is no such row.
    #[must_use]
    pub fn id(&self, row: u32) -> &str {
        self.field(row, Field::Id).unwrap_or_default()
    }

    /// The version of an action as it is shown, which a decision signs.
    #[must_use]
    pub fn version(&self, row: u32) -> &str {
        self.field(row, Field::Version).unwrap_or_default()
    }

    /// A cell's text: words and names as they are, an asset's or a decider's name. None where it is missing or the column
    /// holds no text.
    #[must_use]
    pub fn text(&self, row: u32, column: Column) -> Option<&str> {
        match source_of(column) {
            Source::Text(Field::Reversible) => None,
            Source::Text(field) => self.field(row, field),
            Source::Whole(_) | Source::Impact | Source::Waiting | Source::Duration => None,
        }
    }

    /// A cell's instant. None where it is missing or the column holds no times.
    #[must_use]
    pub fn time(&self, row: u32, column: Column) -> Option<Time> {
        match source_of(column) {
            Source::Whole(whole) if (whole as usize) < N_TIMES => self.whole(row, whole).map(Time),
            _ => None,
        }
    }

    /// A cell's number: a count, the sum of an impact, seconds; Waiting and Duration in microseconds, at `now`.
    /// None where it is missing or the column holds no numbers.
    #[must_use]
    pub fn number(&self, row: u32, column: Column, now: Time) -> Option<i64> {
        match source_of(column) {
            Source::Whole(whole) if (whole as usize) >= N_TIMES => self.whole(row, whole),
            Source::Whole(_) | Source::Text(_) => None,
            source => self.sort_value(row, source, now),
        }
    }

    /// Who or what decided: `user`, `automation` …
    #[must_use]
    pub fn decider_kind(&self, row: u32) -> Option<&str> {
        self.field(row, Field::DeciderKind)
    }

    /// What kind of thing the asset is: `device`, `mailbox` …
    #[must_use]
    pub fn asset_kind(&self, row: u32) -> Option<&str> {
        self.field(row, Field::AssetKind)
    }

    /// How critical the asset is.
    #[must_use]
    pub fn asset_criticality(&self, row: u32) -> Option<&str> {
        self.field(row, Field::AssetCriticality)
    }

    /// Whether the action can be undone once taken.
    #[must_use]
    pub fn reversible(&self, row: u32) -> Option<bool> {
        self.field(row, Field::Reversible).map(|text| text == "true")
    }

    /// How much the action touches.
    #[must_use]
    pub fn impact(&self, row: u32) -> Option<Impact> {
        self.field(row, Field::Impact).map(fields::read_impact)
    }

    /// The action of a row, rebuilt. An empty one where there is no such row.
    #[must_use]
    pub fn action(&self, row: u32) -> Action {
        let text = |field| self.field(row, field).unwrap_or_default().to_owned();
        let option = |field| self.field(row, field).map(str::to_owned);
        let time = |whole| self.whole(row, whole).map(Time);
        let list = |field| {
            self.field(row, field).map(|mut list| {
                let mut texts = Vec::new();
                while let Some(text) = fields::next_item(&mut list) {
                    texts.push(text.unwrap_or_default().to_owned());
                }
                texts
            })
        };
        Action {
            id: text(Field::Id),
            version: text(Field::Version),
            approval_id: option(Field::Approval),
            investigation_id: option(Field::InvestigationId),
            investigation_title: option(Field::InvestigationTitle),
            alert_ids: list(Field::AlertIds).unwrap_or_default(),
            action_type: text(Field::ActionType),
            status: text(Field::Status),
            decision: option(Field::Decision),
            decided_by: option(Field::DeciderName).map(|name| Decider {
                kind: text(Field::DeciderKind),
                name,
            }),
            entity_type: text(Field::EntityType),
            entity: text(Field::Entity),
            asset: option(Field::AssetName).map(|name| Asset {
                kind: text(Field::AssetKind),
                id: option(Field::AssetId),
                name,
                criticality: option(Field::AssetCriticality),
            }),
            severity: option(Field::Severity),
            threat: option(Field::Threat),
            source: option(Field::Source),
            impact: self.impact(row),
            reversible: self.reversible(row),
            operations: list(Field::Operations),
            comment: option(Field::Comment),
            created_at: time(Whole::Created).unwrap_or_default(),
            updated_at: time(Whole::Updated).unwrap_or_default(),
            decided_at: time(Whole::Decided),
            started_at: time(Whole::Started),
            ended_at: time(Whole::Ended),
            expires_at: time(Whole::Expires),
        }
    }

    /// The investigation of a row, rebuilt. An empty one where there is no such row.
    #[must_use]
    pub fn investigation(&self, row: u32) -> Investigation {
        let text = |field| self.field(row, field).unwrap_or_default().to_owned();
        let option = |field| self.field(row, field).map(str::to_owned);
        let time = |whole| self.whole(row, whole).map(Time);
        let mut assets = Vec::new();
        let mut list = self.field(row, Field::Assets).unwrap_or_default();
        while let Some(asset) = fields::next_asset(&mut list) {
            assets.push(asset);
        }
        Investigation {
            id: text(Field::Id),
            title: text(Field::Title),
            status: text(Field::Status),
            severity: option(Field::Severity),
            category: option(Field::Category),
            detection_source: option(Field::DetectionSource),
            triggering_alert: fields::alert(
                [
                    Field::AlertId,
                    Field::AlertTitle,
                    Field::AlertSeverity,
                    Field::AlertStatus,
                    Field::AlertUrl,
                ]
                .map(|field| self.field(row, field)),
            ),
            assets,
            threat_count: self.whole(row, Whole::Threats),
            action_count: self.whole(row, Whole::Actions),
            pending_action_count: self.whole(row, Whole::PendingActions),
            started_at: time(Whole::Started).unwrap_or_default(),
            updated_at: time(Whole::Updated),
            ended_at: time(Whole::Ended),
            pending_seconds: self.whole(row, Whole::PendingSeconds),
            url: option(Field::Url),
        }
    }

    /// What a row sorts by in a column that isn't text.
    fn sort_value(&self, row: u32, source: Source, now: Time) -> Option<i64> {
        match source {
            Source::Text(_) => None,
            Source::Whole(whole) => self.whole(row, whole),
            Source::Impact => self.impact(row).and_then(Impact::sum),
            Source::Waiting => {
                let created = Time(self.whole(row, Whole::Created)?);
                let decided = self.whole(row, Whole::Decided).map(Time);
                waiting(
                    self.field(row, Field::Status) == Some(PENDING),
                    created,
                    decided,
                    now,
                )
            }
            Source::Duration => {
                let started = Time(self.whole(row, Whole::Started)?);
                let ended = self.whole(row, Whole::Ended).map_or(now, Time);
                Some(ended.since(started))
            }
        }
    }

    /// Drops texts that no row has any more, of one member at most, where they are more than a quarter of its texts. Whether something was dropped:
    /// then ask again. For idle moments: after many changes in a large store it takes longer than a frame.
    pub fn compact(&mut self) -> bool {
        const FEW_TEXTS: u32 = 1_024;
        if u64::from(self.n_replaced) * 4 < u64::from(self.n_rows) {
            return false;
        }
        for field in fields::ALL {
            let n_texts = self.dictionaries[field as usize].len();
            if field == Field::Id || n_texts < FEW_TEXTS {
                continue;
            }
            let mut used = Bitmap::new();
            for row in self.living.iter() {
                used.set(self.code(row, field), true);
            }
            used.set(0, false);
            if (n_texts as usize - used.count()) * 4 > n_texts as usize {
                self.keep_texts(field, &used);
                return true;
            }
        }
        self.n_replaced = 0;
        false
    }

    fn keep_texts(&mut self, field: Field, used: &Bitmap) {
        let old = &self.dictionaries[field as usize];
        let mut new = Dictionary::new(old.seed(), fields::signature_shift(field));
        let mut moved = vec![0; old.len() as usize + 1];
        for code in used.iter() {
            if let Some(text) = old.get(code) {
                moved[code as usize] = new.intern(text);
            }
        }
        let moved_to = |code: u32| moved.get(code as usize).copied().unwrap_or(0);
        let mut codes = Codes::new();
        for row in 0..self.n_rows {
            codes.set(row, moved_to(self.codes[field as usize].get(row)));
        }
        let mut titles = Codes::new();
        for code in 0..=self.dictionaries[Field::InvestigationId as usize].len() {
            match field {
                Field::InvestigationId => titles.set(moved_to(code), self.titles.get(code)),
                Field::InvestigationTitle => titles.set(code, moved_to(self.titles.get(code))),
                _ => titles.set(code, self.titles.get(code)),
            }
        }
        titles.set(0, 0);
        self.titles = titles;
        self.codes[field as usize] = codes;
        self.dictionaries[field as usize] = new;
        self.forget_codes();
    }

    /// Bytes that the store holds allocated, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.dictionaries.iter().map(Dictionary::bytes).sum::<usize>()
            + self.codes.iter().map(Codes::bytes).sum::<usize>()
            + self.wholes.iter().map(Wholes::bytes).sum::<usize>()
            + [&self.living, &self.selected, &self.changed, &self.dirty]
                .iter()
                .map(|bitmap| bitmap.bytes())
                .sum::<usize>()
            + self.titles.bytes()
            + self.evaluation.bytes()
            + self.background.bytes()
    }
}
