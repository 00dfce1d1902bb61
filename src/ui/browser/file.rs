//! Files handed to the user.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag, Url};

/// A file in pieces, which the browser may keep on disk.
pub(crate) struct File {
    pieces: Array,
}

impl File {
    /// An empty file.
    pub(crate) fn new() -> Self {
        Self { pieces: Array::new() }
    }

    /// Adds bytes, as a piece that leaves the page's own memory.
    pub(crate) fn push(&self, bytes: &[u8]) {
        let parts = Array::of1(&Uint8Array::from(bytes));
        if let Ok(piece) = Blob::new_with_u8_array_sequence(&parts) {
            self.pieces.push(&piece);
        }
    }

    /// Hands the file to the user under a name; says whether that worked.
    pub(crate) fn save(&self, name: &str, media_type: &str) -> bool {
        self.try_save(name, media_type).is_ok()
    }

    fn try_save(&self, name: &str, media_type: &str) -> Result<(), JsValue> {
        let options = BlobPropertyBag::new();
        options.set_type(media_type);
        let blob = Blob::new_with_blob_sequence_and_options(&self.pieces, &options)?;
        let url = Url::create_object_url_with_blob(&blob)?;
        let document = web_sys::window()
            .and_then(|window| window.document())
            .ok_or(JsValue::NULL)?;
        let anchor: web_sys::HtmlAnchorElement = document.create_element("a")?.unchecked_into();
        anchor.set_href(&url);
        anchor.set_download(name);
        anchor.click();
        // The download has its own hold on the file by then.
        super::clock::after(60_000, move || {
            let _gone = Url::revoke_object_url(&url);
        });
        Ok(())
    }
}
