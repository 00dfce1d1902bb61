//! The built page: headers, types, caching, packed files, and nothing outside the folder.

use std::path::PathBuf;

use crate::backend::Backend;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("action-center-{name}-{}", std::process::id()));
        let dist = root.join("dist");
        std::fs::create_dir_all(&dist).unwrap();
        std::fs::write(root.join("secret.txt"), "secret").unwrap();
        for (file, text) in [
            ("index.html", "<!doctype html>"),
            ("config.json", "{}"),
            ("page-0123456789abcdef.js", "let a"),
            ("page-0123456789abcdef.js.br", "br"),
            ("page-0123456789abcdef.js.gz", "gz"),
            ("page-0123456789abcdef_bg.wasm", "\0asm"),
            ("style-0123456789abcdef.css", "a{}"),
            ("icon.svg", "<svg/>"),
            (".hidden", "hidden"),
        ] {
            std::fs::write(dist.join(file), text).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(root.join("secret.txt"), dist.join("link.txt")).unwrap();
        Self(root)
    }

    fn backend(&self) -> Backend {
        Backend::start(10, |options| options.dist = Some(self.0.join("dist")))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn files_have_their_types_and_caching() {
    let folder = Folder::new("types");
    let backend = folder.backend();
    for (path, kind, caching) in [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/config.json", "application/json", "no-cache"),
        ("/icon.svg", "image/svg+xml", "no-cache"),
        (
            "/page-0123456789abcdef.js",
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
        (
            "/page-0123456789abcdef_bg.wasm",
            "application/wasm",
            "public, max-age=31536000, immutable",
        ),
        (
            "/style-0123456789abcdef.css",
            "text/css; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
    ] {
        let answer = backend.send("GET", path, &[], "");
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(
            (answer.header("content-type"), answer.header("cache-control")),
            (kind, caching),
            "{path}"
        );
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe-inline") && policy.contains("frame-ancestors 'self'"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
    }
}

#[test]
fn packed_files_go_to_those_who_take_them() {
    let folder = Folder::new("packed");
    let backend = folder.backend();
    let path = "/page-0123456789abcdef.js";
    for (accepted, coding, text) in [
        ("gzip, br", "br", "br"),
        ("gzip", "gzip", "gz"),
        ("br;q=0, gzip", "gzip", "gz"),
        ("", "", "let a"),
    ] {
        let answer = backend.send("GET", path, &[("accept-encoding", accepted)], "");
        assert_eq!(
            (answer.header("content-encoding"), answer.text().as_str()),
            (coding, text)
        );
        assert_eq!(answer.header("vary"), "Accept-Encoding");
        assert_eq!(answer.header("content-type"), "text/javascript; charset=utf-8");
        let known = [
            ("accept-encoding", accepted),
            ("if-none-match", answer.header("etag")),
        ];
        let again = backend.send("GET", path, &known, "");
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    }
    assert_eq!(
        backend
            .send("GET", "/icon.svg", &[("accept-encoding", "br")], "")
            .header("vary"),
        ""
    );
    assert_eq!(backend.send("HEAD", path, &[], "").body.len(), 0);
}

#[test]
fn nothing_outside_the_folder_is_served() {
    let folder = Folder::new("outside");
    let backend = folder.backend();
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/link.txt",
        "/.hidden",
        "//etc/passwd",
        "/nothing.js",
        "/page",
    ] {
        let answer = backend.send("GET", path, &[], "");
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains("secret"));
    }
    assert_eq!(backend.send("POST", "/", &[], "").status, 405);
}
