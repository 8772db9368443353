//! The codes of frames, devices, commands, records, routes and alerts.

use super::ProblemCode;

pub(super) const ALL: &[ProblemCode] = &[
    // Frames.
    ProblemCode::new("malformed-frame", &[400], "The bytes are no LoRaWAN frame."),
    ProblemCode::new(
        "malformed-protobuf",
        &[400, 422],
        "The body is no Protobuf message of this kind.",
    ),
    ProblemCode::new("malformed-xml", &[400, 422], "The body is no XML that can be read."),
    ProblemCode::new(
        "other-format",
        &[400, 422],
        "The message is one of another kind of network server.",
    ),
    ProblemCode::new("unknown-dev-addr", &[404], "No device has a session with this DevAddr."),
    ProblemCode::new("unknown-dev-eui", &[404], "No device of this DevEUI is registered."),
    ProblemCode::new(
        "mic-mismatch",
        &[422],
        "The MIC is right with the keys of no device that could have sent the frame.",
    ),
    ProblemCode::new("ambiguous-mic", &[422], "The MIC is right with the keys of several devices."),
    ProblemCode::new(
        "keys-withheld",
        &[422],
        "The network server keeps the network keys, and does not say that it has checked the MIC.",
    ),
    ProblemCode::new(
        "other-device",
        &[422],
        "The frame is of another device than the network server says.",
    ),
    ProblemCode::new(
        "other-f-cnt",
        &[422],
        "The frame counter is another one than the network server says.",
    ),
    ProblemCode::new(
        "unknown-app-s-key",
        &[422],
        "The AppSKey of the session is not known, so the payload cannot be decrypted.",
    ),
    ProblemCode::new(
        "mic-unconfirmed",
        &[422],
        "The keys of the device are registered here, and the MIC does not fit what the report tells.",
    ),
    ProblemCode::new(
        "other-network-server",
        &[403],
        "The device belongs to another network server than the one that the token is bound to.",
    ),
    ProblemCode::new(
        "ambiguous-device",
        &[409],
        "The message has no DevEUI, and several devices may be meant.",
    ),
    ProblemCode::new(
        "duplicate",
        &[409],
        "The frame was taken before, without a record of its own.",
    ),
    ProblemCode::new(
        "replayed-f-cnt",
        &[409],
        "The frame counter is not above the last one: an old frame was played again, or the device restarted.",
    ),
    ProblemCode::new(
        "in-flight",
        &[503],
        "Another copy of the frame is being taken: send this one again.",
    ),
    ProblemCode::new("other-join-eui", &[422], "The device is registered with another JoinEUI."),
    ProblemCode::new(
        "replayed-dev-nonce",
        &[409],
        "The DevNonce of the join request was used before.",
    ),
    ProblemCode::new(
        "replayed-join-nonce",
        &[409],
        "The JoinNonce of the join accept was used before.",
    ),
    ProblemCode::new("nobody-asked", &[422], "No join request goes with this join accept."),
    ProblemCode::new("rejoin-request", &[422], "Rejoin requests are not read."),
    // Devices.
    ProblemCode::new("unknown-gateway", &[404], "No gateway of this name was heard."),
    ProblemCode::new(
        "unknown-device",
        &[404],
        "No device of this DevEUI is registered in your groups.",
    ),
    ProblemCode::new(
        "device-elsewhere",
        &[409],
        "The device cannot be registered in your groups: ask the operator of the server.",
    ),
    ProblemCode::new(
        "description-too-large",
        &[400],
        "Name, tags and variables of a device take more bytes than the limit.",
    ),
    ProblemCode::new(
        "impossible-registration",
        &[400],
        "The parts of a registration do not go together.",
    ),
    ProblemCode::new(
        "unreadable-sheet",
        &[400],
        "The file is no sheet of devices that can be read: its kind, its headings, its size.",
    ),
    ProblemCode::new(
        "rows-refused",
        &[422],
        "Rows of the sheet cannot be taken, so nothing of it was: `verdicts` has the cells and the reasons.",
    ),
    ProblemCode::new("unknown-point", &[404], "No point of this name is in the group."),
    ProblemCode::new(
        "impossible-link",
        &[409],
        "The device cannot be on the point, or leave it, at that moment.",
    ),
    ProblemCode::new(
        "impossible-session",
        &[400, 422],
        "The session that is handed over cannot be used.",
    ),
    ProblemCode::new("other-session", &[409], "The session contradicts the one that is known."),
    ProblemCode::new(
        "unknown-network-server",
        &[400, 409],
        "The settings have no network server of this name.",
    ),
    // Commands.
    ProblemCode::new("unknown-downlink", &[404], "No command of this id exists in your groups."),
    ProblemCode::new("unknown-group", &[404], "No group of this name with devices exists for you."),
    ProblemCode::new("no-devices", &[404], "No device of the group has these tags."),
    ProblemCode::new(
        "too-many-devices",
        &[422],
        "The command would go to more devices than the limit.",
    ),
    ProblemCode::new("command-too-large", &[400], "The command is longer than the limit."),
    ProblemCode::new(
        "priority-not-permitted",
        &[403],
        "The group may not send commands with the priority `high`.",
    ),
    ProblemCode::new(
        "invalid-expiry",
        &[400],
        "The command would expire twice, in the past, or too late.",
    ),
    ProblemCode::new(
        "invalid-idempotency-key",
        &[400],
        "The Idempotency-Key is empty, too long, or not of visible characters.",
    ),
    ProblemCode::new("other-request", &[422], "The Idempotency-Key names another request already."),
    ProblemCode::new(
        "request-under-way",
        &[409],
        "The request of this Idempotency-Key is being carried out.",
    ),
    ProblemCode::new(
        "no-decoder",
        &[422],
        "The device has no decoder that could encode the command.",
    ),
    ProblemCode::new(
        "no-network-server",
        &[422],
        "The device was not heard of yet, and no network server is named in its registration.",
    ),
    ProblemCode::new(
        "no-downlinks",
        &[422],
        "The settings of the network server say no way for commands.",
    ),
    ProblemCode::new("handed-over", &[409], "The network server has the command already."),
    ProblemCode::new(
        "may-be-handed-over",
        &[409],
        "The network server may have the command already.",
    ),
    ProblemCode::new(
        "at-its-end",
        &[409],
        "The command is sent, failed, expired or cancelled already.",
    ),
    ProblemCode::new("unknown-schedule", &[404], "No schedule of this id exists in your groups."),
    ProblemCode::new(
        "invalid-schedule",
        &[400],
        "The schedule means nobody or has no moments; the detail says what to write instead.",
    ),
    ProblemCode::new(
        "too-many-schedules",
        &[409],
        "The group has as many schedules as it may have.",
    ),
    ProblemCode::new(
        "schedule-under-way",
        &[409],
        "The schedule is being carried out: change it again in a moment.",
    ),
    // Records and routes.
    ProblemCode::new("cursor-beyond-end", &[409], "The cursor is beyond the last record."),
    ProblemCode::new("invalid-cursor", &[400], "Last-Event-ID is no cursor of a record."),
    ProblemCode::new("no-such-route", &[404], "The group has no route of this name."),
    ProblemCode::new(
        "no-such-record",
        &[404],
        "The group keeps no record of this id, or it does not wait for the route.",
    ),
    ProblemCode::new(
        "invalid-route",
        &[422],
        "The route is well-formed and cannot work; the detail names the member.",
    ),
    ProblemCode::new("too-many-routes", &[409], "The group has as many routes as it may have."),
    ProblemCode::new(
        "wrong-kind-of-route",
        &[409],
        "The route is one of another kind: records are pulled from pull routes alone.",
    ),
    // Alerts.
    ProblemCode::new("no-such-alert", &[404], "The group has no alert of this id."),
    ProblemCode::new("no-such-alert-rule", &[404], "The group has no rule of this name."),
    ProblemCode::new(
        "invalid-alert-rule",
        &[422],
        "The rule is well-formed and cannot work; the detail says where, and what to write instead.",
    ),
    ProblemCode::new(
        "too-many-alert-rules",
        &[409],
        "The group has as many rules as it may have, or as many as may watch one device: remove one first.",
    ),
    ProblemCode::new(
        "already-acknowledged",
        &[409],
        "Somebody has acknowledged the alert already; the detail says who.",
    ),
];
