//! Requests for decoders, told to people.

use champollion_client::{Answer, DecoderRequest, DecoderRequestList};

use crate::{Failure, output, plural::counted};

/// The heads of a table of requests.
const HEADS: [&str; 7] = ["request", "partner", "device", "state", "waits for", "due", "overdue"];

/// Shows requests, one in a row.
pub(super) fn show_all(list: &Answer<DecoderRequestList>, json: bool) -> Result<(), Failure> {
    if json {
        return output::answer(list);
    }
    output::table(HEADS, list.requests.iter().map(row));
    Ok(())
}

/// Shows a request whole.
pub(super) fn show(request: &Answer<DecoderRequest>, json: bool) -> Result<(), Failure> {
    if json {
        return output::answer(request);
    }
    output::table(HEADS, [row(request)]);
    tell_wish(request);
    tell_work(request);
    tell_steps(request);
    Ok(())
}

fn row(request: &DecoderRequest) -> [String; 7] {
    let device = format!("{} {}", request.wish.maker, request.wish.model);
    [
        request.id.to_string(),
        output::quoted(&request.partner),
        output::quoted(device),
        output::quoted(&request.state),
        output::quoted(&request.waits_for),
        output::moment(request.due_at),
        if request.overdue { "overdue".to_owned() } else { String::new() },
    ]
}

fn tell_wish(request: &DecoderRequest) {
    let wish = &request.wish;
    output::line(format_args!("document: {}", output::quoted(&wish.document)));
    let order = wish.order_number.as_ref().map(|number| format!(", order {number}"));
    let payer = format!("{}{}", wish.payer, order.unwrap_or_default());
    output::line(format_args!("paid by {}", output::quoted(payer)));
    let rows = wish.payloads.iter().map(|payload| {
        let right: Vec<String> =
            payload.right.iter().map(|one| format!("{} {}", one.quantity, one.value)).collect();
        [
            output::quoted(&payload.name),
            payload.uplink.f_port.to_string(),
            payload.uplink.payload.to_string(),
            output::quoted(right.join(", ")),
        ]
    });
    output::table(["payload", "port", "bytes", "right"], rows);
}

fn tell_work(request: &DecoderRequest) {
    if let Some(estimate) = &request.estimate {
        let by = estimate.by.map(|day| format!(", by {day}")).unwrap_or_default();
        output::line(format_args!("estimated at {}{by}", output::quoted(&estimate.price)));
    }
    if let Some(candidate) = &request.candidate {
        let name = format!("{} {}", candidate.decoder, candidate.version);
        output::line(format_args!("candidate {}", output::quoted(name)));
    }
    if let Some(trial) = &request.trial {
        let right = trial.verdicts.iter().filter(|verdict| verdict.faults.is_empty()).count();
        let all = counted(trial.verdicts.len(), "payload");
        output::line(format_args!("it reads {right} of {all}"));
    }
    if let Some(shadow) = &request.shadow {
        output::line(format_args!(
            "beside on the sponsor's devices: {}, {} failed",
            counted(shadow.compared, "frame"),
            shadow.candidate.failures
        ));
    }
}

fn tell_steps(request: &DecoderRequest) {
    for step in &request.steps {
        let by = step.by.as_ref().map(|by| format!(" ({by})")).unwrap_or_default();
        let text = step.text.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
        let told = format!("{} {}{by}{text}", step.side, step.act);
        output::line(format_args!("{} {}", output::moment(step.at), output::quoted(told)));
    }
}
