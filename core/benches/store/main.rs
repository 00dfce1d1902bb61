//! What the store takes for a number of rows (1,000,000, or the first argument): loading, filters, search, sorting, memory.
//! Beside it, in the same run, what a plain loop and a plain copy over as many bytes take. Medians; asserts nothing about time.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

mod rows;

use std::hint::black_box;
use std::time::{Duration, Instant};

use action_center_core::domain::column::Column;
use action_center_core::domain::facet::Facet;
use action_center_core::domain::query::{Query, Range, Sort, View};
use action_center_core::store::Store;
use action_center_core::wire::read_page;

const PAGE: u32 = 10_000;
const N_RUNS: usize = 5;
/// Units of work in a step of what must not block; about 10 ms.
const STEP: usize = 500_000;

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn line(what: &str, millis: f64, beside: &str) {
    println!("| {what:<44} | {millis:>9.1} | {beside:<44} |");
}

/// The median of some runs, each after `prepare`.
fn median(store: &mut Store, prepare: &dyn Fn(&mut Store), run: &dyn Fn(&mut Store)) -> f64 {
    let mut all: Vec<f64> = (0..N_RUNS)
        .map(|_| {
            prepare(store);
            let start = Instant::now();
            run(store);
            millis(start.elapsed())
        })
        .collect();
    all.sort_by(f64::total_cmp);
    all[N_RUNS / 2]
}

fn counts(store: &Store) {
    for facet in Facet::offered_in(View::History) {
        black_box(store.facet_counts(facet, "", 100));
    }
}

fn main() {
    let n_rows: u32 = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .next()
        .unwrap_or(1_000_000);
    let pages = rows::pages(n_rows, PAGE);
    let n_bytes: usize = pages.iter().map(Vec::len).sum();
    let now = rows::now();
    println!(
        "{n_rows} rows, {} bytes of JSON each",
        n_bytes / n_rows.max(1) as usize
    );
    println!("| {:<44} | {:>9} | {:<44} |", "", "ms", "beside it");

    let start = Instant::now();
    let sum = pages
        .iter()
        .flatten()
        .fold(0_u64, |sum, byte| sum.wrapping_add(u64::from(*byte)));
    black_box(sum);
    let plain_sum = millis(start.elapsed());
    let start = Instant::now();
    for page in &pages {
        let _page = read_page(page, &mut |row| {
            black_box(row);
        });
    }
    let decode = millis(start.elapsed());

    let mut query = Query::of(View::History);
    query.range = Range::AllTime;
    let mut store = Store::new(View::History);
    let mut longest = 0.0_f64;
    let start = Instant::now();
    for page in &pages {
        let start = Instant::now();
        let _page = read_page(page, &mut |row| {
            store.push(row);
        });
        longest = longest.max(millis(start.elapsed()));
    }
    let load = millis(start.elapsed());
    line(
        "decode and load",
        load,
        &format!("a sum over the bytes {plain_sum:.0} ms"),
    );
    line(
        "  decode alone",
        decode,
        &format!("{:.0} MB/s", n_bytes as f64 / 1e3 / decode),
    );
    line("  longest page of 10,000", longest, "");
    let per_row = |bytes: usize| format!("{:.0} bytes a row", bytes as f64 / f64::from(n_rows.max(1)));
    line(
        "memory, MB (loaded)",
        store.bytes() as f64 / 1e6,
        &per_row(store.bytes()),
    );

    let mut other = Store::new(View::History);
    let mut longest = 0.0_f64;
    let start = Instant::now();
    for page in &pages {
        let _page = read_page(page, &mut |row| {
            other.push(row);
        });
        let start = Instant::now();
        other.evaluate(&query, now);
        longest = longest.max(millis(start.elapsed()));
    }
    line(
        "load, evaluated after each page",
        millis(start.elapsed()),
        &format!("longest evaluation {longest:.1} ms"),
    );
    drop(other);

    store.evaluate(&query, now);
    let mut slices = 0;
    let mut longest = 0.0_f64;
    let start = Instant::now();
    for info in action_center_core::domain::column::columns_of(View::History).0 {
        loop {
            let start = Instant::now();
            let is_ready = store.prepare(*info, STEP);
            longest = longest.max(millis(start.elapsed()));
            slices += 1;
            if is_ready {
                break;
            }
        }
    }
    line(
        "prepare every column, in the background",
        millis(start.elapsed()),
        &format!("{slices} slices, longest {longest:.1} ms"),
    );

    let source: Vec<u32> = (0..n_rows).collect();
    let copy = median(&mut store, &|_| {}, &|_| {
        black_box(black_box(&source).clone());
    });
    let test = median(&mut store, &|_| {}, &|_| {
        black_box(black_box(&source).iter().filter(|row| *row % 3 == 0).count());
    });
    let limit = format!("a copy of the order {copy:.1}, a plain filter {test:.1} ms");

    let base = query.clone();
    let plain = |store: &mut Store| store.evaluate(&base, now);
    let mut filtered = query.clone();
    filtered.set(Facet::Severity, "high", true);
    line(
        "one facet",
        median(&mut store, &plain, &|store| store.evaluate(&filtered, now)),
        &limit,
    );
    line(
        "one facet, all counts",
        median(&mut store, &plain, &|store| {
            store.evaluate(&filtered, now);
            counts(store);
        }),
        &limit,
    );
    line(
        "all counts of all rows",
        median(&mut store, &plain, &|store| counts(store)),
        "",
    );

    let scanned: u64 = (0..n_rows)
        .filter_map(|row| store.text(row, Column::Entity))
        .map(|text| text.len() as u64)
        .sum();
    let (mut worst, mut worst_key) = (0.0_f64, String::new());
    for word in ["powershell", "invoice 4711", "zzzz"] {
        plain(&mut store);
        for length in 1..=word.len() {
            let mut typed = query.clone();
            word[..length].clone_into(&mut typed.search);
            let start = Instant::now();
            store.evaluate(&typed, now);
            counts(&store);
            let took = millis(start.elapsed());
            if std::env::args().any(|argument| argument == "--keys") {
                line(
                    &format!("  key {:?}", &word[..length]),
                    took,
                    &format!("{} rows", store.n_matching()),
                );
            }
            if took > worst {
                worst = took;
                word[..length].clone_into(&mut worst_key);
            }
        }
    }
    line(
        "worst key, all counts",
        worst,
        &format!("{worst_key:?}; entities alone are {} MB", scanned / 1_000_000),
    );
    let mut pasted = query.clone();
    "powershell -enc".clone_into(&mut pasted.search);
    line(
        "two words at once, never seen before",
        median(&mut store, &|store| *store = reloaded(&pages), &|store| {
            store.evaluate(&pasted, now)
        }),
        "",
    );

    for (what, column) in [
        ("text (entity)", Column::Entity),
        ("name (investigation)", Column::Investigation),
        ("word (status)", Column::Status),
        ("severity", Column::Severity),
        ("time (created)", Column::Created),
        ("time (updated)", Column::Updated),
        ("waiting", Column::Waiting),
        ("id", Column::Id),
    ] {
        store.evaluate(&base, now);
        while !store.prepare(column, STEP) {}
        let mut sorted = query.clone();
        sorted.sort = Sort {
            column,
            is_descending: false,
        };
        let took = median(&mut store, &plain, &|store| store.evaluate(&sorted, now));
        store.evaluate(&base, now);
        store.start(&sorted, now);
        let mut longest = 0.0_f64;
        loop {
            let start = Instant::now();
            let is_done = store.step(STEP);
            longest = longest.max(millis(start.elapsed()));
            if is_done {
                break;
            }
        }
        line(
            &format!("sort by {what}"),
            took,
            &format!("longest step {longest:.1} ms"),
        );
    }
    line(
        "memory, MB (in use)",
        store.bytes() as f64 / 1e6,
        &per_row(store.bytes()),
    );
}

fn reloaded(pages: &[Vec<u8>]) -> Store {
    let mut store = Store::new(View::History);
    for page in pages {
        let _page = read_page(page, &mut |row| {
            store.push(row);
        });
    }
    let mut query = Query::of(View::History);
    query.range = Range::AllTime;
    store.evaluate(&query, rows::now());
    store
}
