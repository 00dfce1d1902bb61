//! The built page under /, and the page to sign in on. Nothing outside the folder can be reached; types, caching and the
//! content security policy are strict; precompressed files are used where the browser takes them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use crate::State;
use crate::access::{Role, SIGN_IN};
use crate::problem::Problem;

const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'self'";

/// The page's own routes.
pub fn router(state: Arc<State>) -> Router {
    let mut router = Router::new();
    if state.access.has_sign_in() {
        router = router
            .route(SIGN_IN, get(sign_in_page).post(sign_in))
            .route("/sign-out", post(sign_out));
    }
    router
        .fallback(file)
        .with_state(state)
        .layer(middleware::from_fn(guard))
}

/// Adds the headers that every page and file has.
async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "SAMEORIGIN"),
        ("referrer-policy", "no-referrer"),
        (
            "permissions-policy",
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

async fn file(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::method_not_allowed("GET, HEAD").into_response();
    }
    let Some(dist) = state.dist.clone() else {
        return if request.uri().path() == "/" {
            html(StatusCode::OK, NO_PAGE)
        } else {
            plain(StatusCode::NOT_FOUND, "There is no such page.\n")
        };
    };
    let path = request.uri().path().to_owned();
    let is_head = request.method() == Method::HEAD;
    let headers = request.headers().clone();
    let served = tokio::task::spawn_blocking(move || serve(&dist, &path, &headers)).await;
    match served {
        Ok(Some(mut response)) => {
            if is_head {
                *response.body_mut() = Body::empty();
            }
            response
        }
        Ok(None) => plain(StatusCode::NOT_FOUND, "There is no such file.\n"),
        Err(error) => Problem::internal(&error).into_response(),
    }
}

/// A file of the folder; none where there is none, or the path tries to leave it.
fn serve(dist: &Path, path: &str, headers: &HeaderMap) -> Option<Response> {
    let relative = relative(path)?;
    let root = dist.canonicalize().ok()?;
    let whole = root.join(&relative);
    // Links inside the folder must not lead out of it.
    if !whole.canonicalize().ok()?.starts_with(&root) || !whole.is_file() {
        return None;
    }
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut varies = false;
    let mut chosen = (whole.clone(), None);
    for (encoding, extension) in [("gzip", "gz"), ("br", "br")] {
        let mut name = whole.clone().into_os_string();
        name.push(".");
        name.push(extension);
        let packed = PathBuf::from(name);
        if packed.is_file() {
            varies = true;
            if accepts(accepted, encoding) {
                chosen = (packed, Some(encoding));
            }
        }
    }
    let (file, encoding) = chosen;
    let tag = tag(&file, encoding)?;
    let name = relative.file_name()?.to_str()?;
    let caching = if is_hashed(name) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let is_known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|known| known.split(',').any(|known| known.trim() == tag));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let bytes = std::fs::read(&file).ok()?;
        let mut response = Response::new(Body::from(bytes));
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
        if let Some(encoding) = encoding {
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::ETAG, HeaderValue::from_str(&tag).ok()?);
    if varies {
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    Some(response)
}

/// The path inside the folder. None where a part of it is hidden, empty, or means anything but a name.
fn relative(path: &str) -> Option<PathBuf> {
    let path = path.strip_prefix('/')?;
    let path = if path.is_empty() { "index.html" } else { path };
    let mut relative = PathBuf::new();
    for part in path.split('/') {
        let pairs = action_center_core::domain::query::pairs(&format!("p={}", part.replace('+', "%2B")));
        let name = pairs.into_iter().next()?.1;
        let is_name =
            !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':', '\0', '\u{FFFD}']);
        if !is_name {
            return None;
        }
        relative.push(name);
    }
    Some(relative)
}

/// Whether a coding is accepted (RFC 9110, 12.5.3).
fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let is_named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let is_refused = parts.any(|part| {
            part.strip_prefix("q=")
                .and_then(|weight| weight.parse::<f32>().ok())
                .is_some_and(|weight| weight <= 0.0)
        });
        is_named && !is_refused
    })
}

/// A tag that changes with the file (RFC 9110, 8.8.3): its size, its time, its coding.
fn tag(file: &Path, encoding: Option<&str>) -> Option<String> {
    let facts = file.metadata().ok()?;
    let changed = facts
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |since| since.as_nanos());
    Some(format!(
        "\"{:x}-{:x}{}\"",
        facts.len(),
        changed,
        encoding.unwrap_or_default()
    ))
}

/// Whether a name holds a hash of the content, as trunk writes it: `page-1a2b3c4d5e6f7a8b.js`, `page-…_bg.wasm`.
fn is_hashed(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    stem.rsplit_once('-').is_some_and(|(_, hash)| {
        hash.len() >= 8
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
            && hash.bytes().any(|byte| byte.is_ascii_digit())
    })
}

fn content_type(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        text,
    )
        .into_response()
}

fn html(status: StatusCode, text: impl Into<Body>) -> Response {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    response
}

const NO_PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Action center backend</title>\
    <h1>Action center backend</h1><p>The API is at <a href=\"/api/v1/session\">/api/v1</a>. \
    The page is not served: start with <code>--dist DIR</code>.</p></html>";

async fn sign_in_page() -> Response {
    let mut text = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Sign in</title><h1>Sign in</h1>\
         <p>This backend is for trying things out: any name will do.</p><form method=\"post\">\
         <p><label>Name <input name=\"name\" required maxlength=\"100\" autocomplete=\"username\"></label></p>\
         <p><label>Role <select name=\"role\">",
    );
    for role in [
        Role::SecurityOperator,
        Role::SecurityAdministrator,
        Role::GlobalAdministrator,
        Role::SecurityReader,
    ] {
        text.push_str("<option value=\"");
        text.push_str(role.word());
        text.push_str("\">");
        text.push_str(role.title());
        text.push_str("</option>");
    }
    text.push_str("</select></label></p><p><button>Sign in</button></p></form></html>");
    html(StatusCode::OK, text)
}

async fn sign_in(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    let Ok(bytes) = to_bytes(request.into_body(), 4_096).await else {
        return Problem::body_too_large(4_096).into_response();
    };
    let text = String::from_utf8_lossy(&bytes);
    let pairs = action_center_core::domain::query::pairs(&text);
    let value = |name: &str| {
        pairs
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.trim().to_owned())
            .unwrap_or_default()
    };
    let name: String = value("name").chars().take(100).collect();
    let Some(role) = Role::parse(&value("role")).filter(|_| !name.is_empty()) else {
        return Redirect::to(SIGN_IN).into_response();
    };
    let session = match state.access.sign_in(&name, role) {
        Ok(session) => session,
        Err(error) => return Problem::internal(&error).into_response(),
    };
    let mut response = html(
        StatusCode::OK,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Signed in</title><h1>Signed in</h1>\
         <p>Go back to the window that you came from, or <a href=\"/\">open the Action center</a>.</p>\
         <form method=\"post\" action=\"/sign-out\"><button>Sign out</button></form></html>",
    );
    let cookie = format!("session={session}; Path=/; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

async fn sign_out(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response {
    state.access.sign_out(&headers);
    let mut response = Redirect::to(SIGN_IN).into_response();
    response.headers_mut().insert(
        header::SET_COOKIE,
        HeaderValue::from_static("session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_can_not_leave_its_folder() {
        for (path, expected) in [
            ("/", Some("index.html")),
            ("/a/b.js", Some("a/b.js")),
            ("/a%20b+c.js", Some("a b+c.js")),
            ("/..", None),
            ("/a/../b", None),
            ("/%2e%2e/b", None),
            ("/a/%2e%2e%2fb", None),
            ("/a\\..\\b", None),
            ("/%5c..%5cb", None),
            ("/.git/config", None),
            ("//etc/passwd", None),
            ("/c:/x", None),
            ("/a%00", None),
            ("/%ff", None),
            ("/a/", None),
        ] {
            assert_eq!(relative(path), expected.map(PathBuf::from), "{path}");
        }
    }

    #[test]
    fn only_hashed_names_are_cached_for_good() {
        for (name, expected) in [
            ("action-center-1a2b3c4d5e6f7a8b.js", true),
            ("action-center-1a2b3c4d5e6f7a8b_bg.wasm", true),
            ("page-1a2b3c4d.css", true),
            ("index.html", false),
            ("config.json", false),
            ("read-only.js", false),
            ("front-facade.js", false),
        ] {
            assert_eq!(is_hashed(name), expected, "{name}");
        }
    }

    #[test]
    fn a_coding_is_used_where_it_is_accepted() {
        for (accepted, expected) in [
            ("gzip, deflate, br, zstd", true),
            ("br;q=0.5", true),
            ("br;q=0", false),
            ("BR", true),
            ("gzip", false),
            ("", false),
            ("brotli", false),
        ] {
            assert_eq!(accepts(accepted, "br"), expected, "{accepted}");
        }
    }
}
