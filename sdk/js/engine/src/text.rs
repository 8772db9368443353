//! Texts of JavaScript as UTF-8.

use core::{ptr::NonNull, slice};
use std::borrow::Cow;

use rquickjs::{Ctx, Result, Value, qjs};

/// The UTF-8 form of a value, as long as this lives. Most texts are ASCII and are not copied.
pub(crate) struct Text<'js> {
    bytes: NonNull<u8>,
    length: usize,
    context: Ctx<'js>,
}

impl<'js> Text<'js> {
    /// The text of a value, converted by the rules of JavaScript, which may call the codec's own
    /// `toString` and so may throw.
    pub(crate) fn of(value: &Value<'js>) -> Result<Self> {
        let context = value.ctx().clone();
        let mut length = 0_usize;
        // SAFETY: the value belongs to this context, and `length` outlives the call.
        let bytes = unsafe {
            qjs::JS_ToCStringLen(context.as_raw().as_ptr(), &raw mut length, value.as_raw())
        };
        let bytes = NonNull::new(bytes.cast_mut().cast()).ok_or(rquickjs::Error::Exception)?;
        Ok(Self { bytes, length, context })
    }

    /// The text; half of a surrogate pair is replaced by U+FFFD.
    pub(crate) fn to_string(&self) -> String {
        String::from_utf8_lossy(&unicode(self.as_bytes())).into_owned()
    }

    /// The bytes. Half of a surrogate pair stands there as if it were a character.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        // SAFETY: QuickJS gave so many bytes, and they stay until they are freed below.
        unsafe { slice::from_raw_parts(self.bytes.as_ptr(), self.length) }
    }
}

impl Drop for Text<'_> {
    fn drop(&mut self) {
        // SAFETY: this is what `JS_ToCStringLen` gave, and it is freed once.
        unsafe {
            qjs::JS_FreeCString(self.context.as_raw().as_ptr(), self.bytes.as_ptr().cast());
        }
    }
}

/// UTF-8 of what QuickJS gives, in which half of a surrogate pair stands as if it were a character:
/// it is replaced by U+FFFD.
pub(crate) fn unicode(bytes: &[u8]) -> Cow<'_, [u8]> {
    /// A surrogate is ED, A0 to BF, and a third byte.
    const LEAD: u8 = 0xed;
    const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();
    if bytes.is_ascii() || core::str::from_utf8(bytes).is_ok() {
        return Cow::Borrowed(bytes);
    }
    let mut unicode = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        if let [LEAD, 0xa0..=0xbf, _, after @ ..] = rest {
            unicode.extend_from_slice(REPLACEMENT);
            rest = after;
        } else {
            unicode.push(*first);
            rest = after;
        }
    }
    Cow::Owned(unicode)
}

/// A text cut after so many bytes, at a character.
pub(crate) fn shortened(text: String, bytes: usize) -> String {
    if text.len() <= bytes {
        return text;
    }
    const ELLIPSIS: &str = "…";
    let mut end = bytes - ELLIPSIS.len();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ELLIPSIS}", &text[..end])
}
