use std::slice;

use super::*;
use crate::{FailureKind, quantity};

/// A list as the host would write it: in room that is as large as it.
fn given<T: 'static>(items: Vec<T>) -> List<T> {
    List::of(Box::leak(items.into_boxed_slice()))
}

fn told<T>(list: &List<T>) -> &[T] {
    // SAFETY: the lists of this test are never freed.
    unsafe { slice::from_raw_parts(list.first, list.count) }
}

fn text(list: &List<u8>) -> &str {
    std::str::from_utf8(told(list)).unwrap()
}

fn settings() -> List<Setting> {
    let name = |name: &str| given(name.as_bytes().to_vec());
    given(vec![
        Setting { name: name("height"), value: Loose::Number(2.5) },
        Setting { name: name("inverted"), value: Loose::Boolean(true) },
        Setting { name: name("litres"), value: Loose::Integer(-7) },
        Setting { name: name("place"), value: Loose::Text(name("é")) },
    ])
}

#[test]
fn room_grows_and_keeps_what_it_holds() {
    let written = [1_u8, 2, 3, 4, 5, 6, 7, 8];
    // SAFETY: room is only handed back with the size and the alignment that it was asked for with.
    unsafe {
        let none = room(ptr::null_mut(), 0, 8, 0);
        assert_eq!(none.addr(), 8, "nothing takes no room, and is aligned");
        let small = room(none, 0, 8, written.len());
        assert!(small.cast::<u64>().is_aligned());
        small.copy_from_nonoverlapping(written.as_ptr(), written.len());
        let large = room(small, written.len(), 8, 4_000);
        assert!(large.cast::<u64>().is_aligned());
        large.add(written.len()).write_bytes(9, 4_000 - written.len());
        let list = List::at(large, 4_000).take();
        assert_eq!((&list[..8], list[3_999]), (&written[..], 9));
        // It was aligned for eight bytes, and is freed so.
        alloc::dealloc(
            ManuallyDrop::new(list).as_mut_ptr(),
            Layout::from_size_align_unchecked(4_000, 8),
        );
    }
}

#[test]
fn inputs_are_those_that_were_written() {
    // SAFETY: each list lies in room of its own.
    let uplink = unsafe { uplink(7, 70_000, given(vec![1, 2]), 5, settings(), given(Vec::new())) };
    assert_eq!((uplink.f_port, uplink.f_cnt, uplink.received_at), (7, 70_000, 5));
    assert_eq!((uplink.payload.as_slice(), uplink.state.as_slice()), (&[1, 2][..], &[][..]));
    let expected = [
        ("height", Value::Number(2.5)),
        ("inverted", Value::Boolean(true)),
        ("litres", Value::Integer(-7)),
        ("place", Value::Text("é".to_owned())),
    ];
    let expected = expected.map(|(name, value)| Variable { name: name.to_owned(), value });
    assert_eq!(uplink.variables, expected);
    // SAFETY: as above.
    let command = unsafe { command(given(b"{}".to_vec()), 9, settings()) };
    assert_eq!((command.data.as_str(), command.issued_at), ("{}", 9));
    assert_eq!(command.variables, expected);
    // SAFETY: as above.
    let sent = unsafe { sent_downlink(3, given(vec![8]), 4, given(Vec::new())) };
    assert_eq!((sent.f_port, sent.payload.as_slice(), sent.sent_at), (3, &[8][..], 4));
    assert!(sent.variables.is_empty());
}

#[test]
fn a_reading_lies_as_it_is() {
    let span = Some(Span { offset: 3, length: 2 });
    let volume = quantity::WATER_VOLUME.of(crate::Spanned { value: 1.5, span }).on(2).at(77);
    let outcome = Reading::new(&[1, 2]).unwrap().with(volume).with(quantity::ALARM_LEAK.of(true));
    let answer = reading(Ok(outcome.warn("odd").remember([4, 5])));
    // SAFETY: it is never freed.
    let Answer::Ok(read) = (unsafe { &*answer }) else { panic!("it is no reading") };
    assert_eq!(text(&read.data), "[1,2]");
    let [volume, leak] = told(&read.measurements) else { panic!("there are two") };
    assert_eq!((text(&volume.quantity), volume.channel), ("water.volume", 2));
    assert!(matches!(volume.value, Loose::Number(1.5)));
    assert!(matches!(volume.measured_at, Maybe::Some(77)));
    assert!(matches!(volume.span, Maybe::Some(Bytes { offset: 3, length: 2 })));
    assert!(matches!((leak.value, &leak.measured_at), (Loose::Boolean(true), Maybe::None)));
    assert!(matches!(leak.span, Maybe::None));
    assert_eq!(told(&read.warnings).iter().map(text).collect::<Vec<_>>(), ["odd"]);
    let Maybe::Some(state) = &read.state else { panic!("there is a state") };
    assert_eq!(told(state), [4, 5]);
}

#[test]
fn downlinks_and_failures_lie_as_they_are() {
    let answer = downlink(Ok(Downlink::new(9, [1]).warn("late")));
    // SAFETY: it is never freed.
    let Answer::Ok(encoded) = (unsafe { &*answer }) else { panic!("it is no downlink") };
    assert_eq!((encoded.f_port, told(&encoded.payload)), (9, &[1][..]));
    assert_eq!(told(&encoded.warnings).iter().map(text).collect::<Vec<_>>(), ["late"]);
    let kinds = [FailureKind::UnknownPort, FailureKind::Unsupported];
    for (kind, number) in kinds.into_iter().zip([0, 7]) {
        let answer = reading(Err(Failure::new(kind, "no").at(Span { offset: 1, length: 1 })));
        // SAFETY: as above.
        let Answer::Failed(failed) = (unsafe { &*answer }) else { panic!("it is no failure") };
        assert_eq!((failed.kind, text(&failed.message)), (number, "no"));
        assert!(matches!(failed.span, Maybe::Some(Bytes { offset: 1, length: 1 })));
    }
}
