//! The archive that a workbook is: what it holds, and what it unpacks to, before anything of it is read.

use std::io::{self, Cursor, Read};

use zip::{ZipArchive, read::ZipFile, result::ZipError};

use super::{error::SheetError, file_kind::FileKind, limits::SheetLimits};

/// Most parts of a workbook; those with hundreds of sheets and pictures have some thousand.
const PARTS: usize = 10_000;

/// The type that an archive of OpenDocument says it is of.
const SPREADSHEET: &[u8] = b"application/vnd.oasis.opendocument.spreadsheet";

/// The part of a spreadsheet of OpenDocument that lists the others, and the part of its name by which it says that they
/// are under a password.
const MANIFEST: &str = "META-INF/manifest.xml";
const ENCRYPTED: &str = "encryption-data";

/// The part that holds all others of a spreadsheet of OpenDocument under a password, since 2024.
const ENCRYPTED_PACKAGE: &str = "encrypted-package";

/// Most bytes of the list of parts that are looked at.
const MANIFEST_BYTES: u64 = 1 << 20;

/// Bytes of a piece that is unpacked to be counted.
const PIECE: usize = 64 << 10;

/// Looks at a workbook's parts, and unpacks them without keeping them.
///
/// # Errors
/// It is no workbook that is read, or it unpacks to too much.
pub(super) fn check(bytes: &[u8], limits: &SheetLimits) -> Result<FileKind, SheetError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > PARTS {
        let reason = format!("it has more than {PARTS} parts");
        return Err(SheetError::Damaged { reason });
    }
    let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
    if let Some(part) = names.iter().find(|name| holds_macros(name)) {
        return Err(SheetError::Macros { part: part.clone() });
    }
    let kind = kind(&mut archive, &names)?;
    let mut left = limits.unpacked_bytes;
    for place in 0..archive.len() {
        // Whatever its name: a workbook says itself which of its parts are sheets.
        left = unpack(archive.by_index(place).map_err(damaged)?, left, limits)?;
    }
    Ok(kind)
}

/// Whether a part is that of macros, in Office or LibreOffice.
fn holds_macros(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("vbaproject.bin")
        || ["xl/macrosheets/", "basic/", "scripts/"].iter().any(|folder| name.starts_with(folder))
}

fn kind(archive: &mut ZipArchive<Cursor<&[u8]>>, names: &[String]) -> Result<FileKind, SheetError> {
    let has = |part: &str| names.iter().any(|name| name.eq_ignore_ascii_case(part));
    if has("xl/workbook.xml") {
        return Ok(FileKind::Workbook);
    }
    if has("xl/workbook.bin") {
        return Err(SheetError::OtherForm { form: "a binary workbook (.xlsb)" });
    }
    if has(ENCRYPTED_PACKAGE) {
        return Err(SheetError::Password);
    }
    if has("mimetype") && has("content.xml") {
        let part = archive.by_name("mimetype").map_err(damaged)?;
        let mut told = Vec::new();
        let most = SPREADSHEET.len() as u64;
        let read = part.take(most).read_to_end(&mut told);
        read.map_err(|error| SheetError::Damaged { reason: error.to_string() })?;
        if told == SPREADSHEET {
            return under_no_password(archive);
        }
        return Err(SheetError::OtherForm {
            form: "a document of OpenDocument that is no spreadsheet",
        });
    }
    Err(SheetError::OtherForm { form: "an archive that is no workbook" })
}

/// Whether the parts of a spreadsheet of OpenDocument can be read.
fn under_no_password(archive: &mut ZipArchive<Cursor<&[u8]>>) -> Result<FileKind, SheetError> {
    let mut listed = String::new();
    let manifest = archive.by_name(MANIFEST).map_err(damaged)?;
    let read = manifest.take(MANIFEST_BYTES).read_to_string(&mut listed);
    read.map_err(|error| SheetError::Damaged { reason: error.to_string() })?;
    if listed.contains(ENCRYPTED) { Err(SheetError::Password) } else { Ok(FileKind::OpenDocument) }
}

/// Unpacks a part and forgets it; returns the bytes that are left to the others. What the archive says of its parts'
/// sizes is not believed.
fn unpack(
    mut part: ZipFile<'_, Cursor<&[u8]>>,
    mut left: usize,
    limits: &SheetLimits,
) -> Result<usize, SheetError> {
    let mut piece = vec![0; PIECE];
    loop {
        let read = match part.read(&mut piece) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(SheetError::Damaged { reason: error.to_string() }),
        };
        if read == 0 {
            return Ok(left);
        }
        let limit = limits.unpacked_bytes;
        left = left.checked_sub(read).ok_or(SheetError::UnpacksTooLarge { limit })?;
    }
}

fn damaged(error: ZipError) -> SheetError {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => SheetError::Password,
        error => SheetError::Damaged { reason: error.to_string() },
    }
}
