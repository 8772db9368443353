//! Handshakes of TLS, byte by byte: no library offers the versions that nobody may speak any more.

/// The beginning of a handshake that offers a version as clients before TLS 1.3 do, with cipher suites of all versions, and
/// beside it the versions that later clients list.
#[must_use]
pub fn client_hello(version: [u8; 2], listed: Option<[u8; 2]>) -> Vec<u8> {
    let joined = |parts: &[&[u8]]| parts.concat();
    let sized = |bytes: &[u8]| {
        let length = u16::try_from(bytes.len()).expect("it is short");
        joined(&[&length.to_be_bytes(), bytes])
    };
    let extension = |kind: u16, content: &[u8]| joined(&[&kind.to_be_bytes(), &sized(content)]);
    let suites = [0xC02B, 0xC02F, 0xC00A, 0xC014, 0xC009, 0xC013, 0x002F, 0x0035_u16];
    let suites = suites.map(u16::to_be_bytes).concat();
    let (groups, points, signatures) = ([0, 4, 0, 0x1D, 0, 0x17], [1, 0], [0, 6, 4, 3, 8, 4, 4, 1]);
    let mut extensions =
        joined(&[&extension(10, &groups), &extension(11, &points), &extension(13, &signatures)]);
    if let Some([major, minor]) = listed {
        extensions.extend(extension(43, &[2, major, minor]));
    }
    let (random, no_session, no_compression) = ([7; 32], [0], [1, 0]);
    let body = joined(&[
        &version,
        &random,
        &no_session,
        &sized(&suites),
        &no_compression,
        &sized(&extensions),
    ]);
    // The length of a message has three bytes, that of a record two.
    let message = joined(&[&[1, 0], &sized(&body)]);
    joined(&[&[22, 3, 1], &sized(&message)])
}
