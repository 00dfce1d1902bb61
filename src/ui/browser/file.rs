//! Files handed to the user.

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, FileSystemFileHandle, FileSystemWritableFileStream, Url};

/// A file in pieces: gathered in the browser, which may keep them on disk, or written where the user said.
pub(crate) struct File {
    pieces: Array,
    disk: Option<FileSystemWritableFileStream>,
}

impl File {
    /// An empty file.
    pub(crate) fn new() -> Self {
        Self {
            pieces: Array::new(),
            disk: None,
        }
    }

    /// An empty file where the user says, if this browser can ask (File System Access, `showSaveFilePicker`) and wants to.
    /// None where the user has thought better of it.
    pub(crate) async fn ask(name: &str) -> Option<Self> {
        match on_disk(name).await {
            Ok(disk) => Some(Self {
                pieces: Array::new(),
                disk: Some(disk),
            }),
            Err(error) => {
                let name = Reflect::get(&error, &"name".into()).ok();
                let is_dismissed = name.and_then(|name| name.as_string()).as_deref() == Some("AbortError");
                (!is_dismissed).then(Self::new)
            }
        }
    }

    /// Adds bytes, on disk before it returns where the file is there; says whether that worked.
    pub(crate) async fn write(&self, bytes: &[u8]) -> bool {
        let Some(disk) = &self.disk else {
            self.push(bytes);
            return true;
        };
        match disk.write_with_js_u8_array(&Uint8Array::from(bytes)) {
            Ok(written) => JsFuture::from(written).await.is_ok(),
            Err(_) => false,
        }
    }

    /// Hands the file over, whole; says whether that worked.
    pub(crate) async fn finish(&self, name: &str, media_type: &str) -> bool {
        match &self.disk {
            Some(disk) => JsFuture::from(disk.close()).await.is_ok(),
            None => self.save(name, media_type),
        }
    }

    /// Leaves no half file behind.
    pub(crate) async fn abandon(&self) {
        if let Some(disk) = &self.disk {
            let _gone = JsFuture::from(disk.abort()).await;
        }
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

async fn on_disk(name: &str) -> Result<FileSystemWritableFileStream, JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let ask: Function = Reflect::get(&window, &"showSaveFilePicker".into())?.dyn_into()?;
    let options = Object::new();
    Reflect::set(&options, &"suggestedName".into(), &name.into())?;
    let asked: Promise = ask.call1(&window, &options)?.dyn_into()?;
    let chosen: FileSystemFileHandle = JsFuture::from(asked).await?.unchecked_into();
    let opened = JsFuture::from(chosen.create_writable()).await?;
    Ok(opened.unchecked_into())
}
