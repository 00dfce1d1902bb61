//! When to ask again: exponential backoff with full jitter, and the `Retry-After` header (RFC 9110, 10.2.3).

/// A server that asks for a longer pause gets this one, in milliseconds: an outcome stays unknown no longer than needed.
pub const MAX_RETRY_AFTER_MILLIS: u64 = 5 * 60_000;

const FIRST_MILLIS: u64 = 1_000;
const CAP_MILLIS: u64 = 60_000;
/// The longest pause between two questions that are asked again and again, unless it is longer anyway.
const MAX_POLL_MILLIS: u64 = 10 * 60_000;
/// The least pause after 429, with or without `Retry-After: 0`.
const THROTTLE_FLOOR_MILLIS: u64 = 2_000;
/// Spreads the clients that were all given the same `Retry-After`.
const SPREAD_MILLIS: u64 = 1_000;

/// The pause before the attempt that follows `failures` failed ones, in milliseconds.
///
/// Anywhere between nothing and 1 s, 2 s, 4 s … 60 s ("full jitter"), but not before the server's own time, nor
/// within the floor after 429.
#[must_use]
pub fn pause_millis(failures: u32, retry_after_millis: Option<u64>, is_throttled: bool, random: u64) -> u64 {
    let ceiling = FIRST_MILLIS
        .checked_shl(failures.min(16).saturating_sub(1))
        .map_or(CAP_MILLIS, |it| it.min(CAP_MILLIS));
    let jitter = random % (ceiling + 1);
    let floor = if is_throttled { THROTTLE_FLOOR_MILLIS } else { 0 };
    match retry_after_millis {
        None => floor + jitter,
        Some(asked) => {
            let asked = asked.clamp(floor, MAX_RETRY_AFTER_MILLIS);
            (asked + random % SPREAD_MILLIS)
                .max(jitter)
                .min(MAX_RETRY_AFTER_MILLIS)
        }
    }
}

/// The pause before the next question of one that asks again and again, in milliseconds.
///
/// `every_millis` while all is well, spread a little; with each failure in a row up to twice as long, to ten minutes. Not
/// before the server's own time, nor within the floor after 429.
#[must_use]
pub fn poll_pause_millis(
    every_millis: u64,
    failures: u32,
    retry_after_millis: Option<u64>,
    is_throttled: bool,
    random: u64,
) -> u64 {
    let longest = (every_millis << failures.min(5)).min(MAX_POLL_MILLIS.max(every_millis));
    let spread = longest - every_millis + every_millis / 16;
    let pause = every_millis + random % (spread + 1);
    pause.max(pause_millis(failures, retry_after_millis, is_throttled, random))
}

/// A random number from another, so that one input can serve several intents (splitmix64, Steele et al. 2014).
pub(super) const fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// Reads `Retry-After`: how long to wait from `now_millis` (Unix time), clamped to 0 … 5 minutes. `None` if it is neither
/// seconds nor one of the three forms of an HTTP date.
///
/// ```
/// use action_center_core::decision::retry_after;
/// assert_eq!(retry_after("120", 0), Some(120_000));
/// assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_770_000), Some(7_000));
/// assert_eq!(retry_after("soon", 0), None);
/// ```
#[must_use]
pub fn retry_after(text: &str, now_millis: u64) -> Option<u64> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a very long pause.
        let seconds = text.parse::<u64>().unwrap_or(u64::MAX);
        return Some(seconds.saturating_mul(1_000).min(MAX_RETRY_AFTER_MILLIS));
    }
    let at_millis = http_date_millis(text, now_millis)?;
    Some(at_millis.saturating_sub(now_millis).min(MAX_RETRY_AFTER_MILLIS))
}

/// Unix time of an HTTP date: IMF-fixdate, RFC 850, or asctime.
fn http_date_millis(text: &str, now_millis: u64) -> Option<u64> {
    let mut parts = text.split([' ', '-', ',']).filter(|part| !part.is_empty());
    let _weekday = parts.next()?;
    let second = parts.next()?;
    let (day, month, year, time) = if let Some(month) = month_number(second) {
        let day = parts.next()?;
        let time = parts.next()?;
        (day, month, parts.next()?, time)
    } else {
        let month = month_number(parts.next()?)?;
        let year = parts.next()?;
        let time = parts.next()?;
        if parts.next()? != "GMT" {
            return None;
        }
        (second, month, year, time)
    };
    if parts.next().is_some() {
        return None;
    }
    let day = number(day, 31)?;
    let year = match year.len() {
        4 => number(year, 9_999)?,
        2 => {
            // RFC 9110, 5.6.7: a year that seems more than 50 years ahead is the last one in the past with these digits.
            let this_year = 1970 + now_millis / 31_556_952_000;
            let guess = this_year - this_year % 100 + number(year, 99)?;
            if this_year + 50 < guess {
                guess - 100
            } else {
                guess
            }
        }
        _ => return None,
    };
    let mut clock = time.split(':');
    let hours = number(clock.next()?, 23)?;
    let minutes = number(clock.next()?, 59)?;
    let seconds = number(clock.next()?, 60)?;
    if clock.next().is_some() || day == 0 || year < 1970 {
        return None;
    }
    let days = days_since_epoch(year, month, day);
    Some((days * 86_400 + hours * 3_600 + minutes * 60 + seconds) * 1_000)
}

fn number(text: &str, max: u64) -> Option<u64> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|number| *number <= max)
}

fn month_number(name: &str) -> Option<u64> {
    const NAMES: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if name.len() != 3 {
        return None;
    }
    NAMES
        .find(name)
        .filter(|at| at % 3 == 0)
        .map(|at| at as u64 / 3 + 1)
}

/// Days from 1970-01-01 in the Gregorian calendar, counting years from March so that the leap day is the last one
/// (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
const fn days_since_epoch(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year % 400;
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, now_millis: u64, expected: Option<u64>) {
        assert_eq!(retry_after(text, now_millis), expected, "{text:?}");
    }

    #[test]
    fn retry_after_is_read_in_every_form_and_clamped() {
        let now = 784_111_777_000;
        check("0", now, Some(0));
        check(" 7 ", now, Some(7_000));
        check("301", now, Some(MAX_RETRY_AFTER_MILLIS));
        check("99999999999999999999999", now, Some(MAX_RETRY_AFTER_MILLIS));
        check("Sun, 06 Nov 1994 08:49:40 GMT", now, Some(3_000));
        check("Sunday, 06-Nov-94 08:49:40 GMT", now, Some(3_000));
        check("Sun Nov  6 08:49:40 1994", now, Some(3_000));
        check("Sun, 06 Nov 1994 08:49:30 GMT", now, Some(0));
        check("Sun, 06 Nov 1994 09:49:37 GMT", now, Some(MAX_RETRY_AFTER_MILLIS));
        check("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_799_000, Some(1_000));
        check("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_199_000, Some(1_000));
        check("Thursday, 29-Feb-24 00:00:00 GMT", 1_709_164_799_000, Some(1_000));
    }

    #[test]
    fn what_is_no_retry_after_is_none() {
        for text in [
            "",
            "-1",
            "1.5",
            "+3",
            "soon",
            "٣",
            "Sun, 06 Nov 1994",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 anF 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT GMT",
            "Sun, 06 Nov 99999 08:49:37 GMT",
            "Sun, 06 Nov 1894 08:49:37 GMT",
            "Sun, ö6 Nov 1994 08:49:37 GMT",
            "Sun, 06 ö1 1994 08:49:37 GMT",
        ] {
            check(text, 784_111_777_000, None);
        }
    }

    #[test]
    fn pauses_grow_to_a_minute_and_no_further() {
        for (failures, ceiling) in [
            (0, 1_000),
            (1, 1_000),
            (2, 2_000),
            (6, 32_000),
            (7, 60_000),
            (40, 60_000),
            (u32::MAX, 60_000),
        ] {
            let mut random = 7;
            let mut longest = 0;
            for _ in 0..2_000 {
                longest = longest.max(pause_millis(failures, None, false, next_random(&mut random)));
            }
            assert!(
                longest <= ceiling && ceiling * 9 / 10 < longest,
                "{failures}: {longest}"
            );
        }
    }

    #[test]
    fn polling_slows_down_with_each_failure_and_keeps_the_server_s_pause() {
        let mut random = 11;
        for (every, failures, asked, least, most) in [
            (30_000, 0, None, 30_000, 31_875),
            (30_000, 1, None, 30_000, 61_875),
            (30_000, 9, None, 30_000, 601_875),
            (86_400_000, 9, None, 86_400_000, 91_800_000),
            (30_000, 1, Some(120_000), 120_000, 121_000),
            (
                30_000,
                1,
                Some(u64::MAX),
                MAX_RETRY_AFTER_MILLIS,
                MAX_RETRY_AFTER_MILLIS,
            ),
            (1_000, 1, Some(0), 2_000, 3_062),
        ] {
            let (mut shortest, mut longest) = (u64::MAX, 0);
            for _ in 0..2_000 {
                let pause =
                    poll_pause_millis(every, failures, asked, asked.is_some(), next_random(&mut random));
                (shortest, longest) = (shortest.min(pause), longest.max(pause));
            }
            assert!(
                least <= shortest && longest <= most,
                "{every} {failures} {asked:?}: {shortest} {longest}"
            );
            assert!(
                most - (most - least) / 10 <= longest,
                "{every} {failures} {asked:?}: {longest}"
            );
        }
    }

    #[test]
    fn the_server_s_pause_is_kept() {
        let mut random = 3;
        for _ in 0..500 {
            let random = next_random(&mut random);
            assert!(10_000 <= pause_millis(1, Some(10_000), false, random));
            assert!(2_000 <= pause_millis(1, Some(0), true, random));
            assert!(2_000 <= pause_millis(1, None, true, random));
            assert!(pause_millis(9, Some(u64::MAX), true, random) <= MAX_RETRY_AFTER_MILLIS);
        }
    }
}
