//! The codes of approvals, requests for decoders, partners and people.

use super::ProblemCode;

pub(super) const ALL: &[ProblemCode] = &[
    // Requests and approvals.
    ProblemCode::new(
        "unknown-request",
        &[404],
        "No request of this id exists for you, or the secret is none of it.",
    ),
    ProblemCode::new(
        "invalid-declaration",
        &[400],
        "The parts of a declaration do not go together; the detail names the part.",
    ),
    ProblemCode::new(
        "request-too-large",
        &[400],
        "The request takes more bytes with its remarks than the limit: write less.",
    ),
    ProblemCode::new(
        "too-many-waiting",
        &[429],
        "As many requests wait for a decision as the settings allow: come again later.",
    ),
    ProblemCode::new("request-decided", &[409], "The request was decided, and stays as it is."),
    ProblemCode::new("unknown-check", &[404], "The request has no check of this number."),
    ProblemCode::new(
        "checks-left",
        &[409],
        "A request is accepted once all its checks are passed; the detail names the others.",
    ),
    ProblemCode::new(
        "asks-already",
        &[409],
        "The partner asks for an approval already: `request` waits for its decision.",
    ),
    ProblemCode::new(
        "invalid-decision",
        &[400],
        "A member of the decision is missing, means nothing for the request, or is too small.",
    ),
    ProblemCode::new(
        "notice-too-short",
        &[400],
        "The approval would end sooner after its notice than the settings allow: `earliest` is the first moment.",
    ),
    ProblemCode::new(
        "approval-not-in-force",
        &[409],
        "The approval of the partner has not begun, or has ended: no further object of it is accepted.",
    ),
    ProblemCode::new(
        "beyond-approval",
        &[409],
        "The partner has as many objects as its approval allows: declare more.",
    ),
    ProblemCode::new(
        "unowned-group",
        &[409],
        "No partner owns the group, and the settings let devices come into groups of partners alone.",
    ),
    ProblemCode::new(
        "other-database",
        &[409],
        "The device lies in another database than the group, and does not move: the detail names both. Register it in \
         a group of its database.",
    ),
    ProblemCode::new(
        "unknown-database",
        &[404],
        "The settings of the server name no database of this name; the detail names those that there are.",
    ),
    ProblemCode::new(
        "group-placed",
        &[409],
        "Something of the group was written already, so it stays in the database that `database` names.",
    ),
    // Requests for decoders.
    ProblemCode::new(
        "invalid-wish",
        &[400],
        "The request for a decoder makes no sense; the detail names the part.",
    ),
    ProblemCode::new(
        "not-now",
        &[409],
        "The step does not follow on the state of the request, or the request has changed meanwhile: look at it.",
    ),
    ProblemCode::new("order-number-missing", &[400], "The order of a decoder needs a number."),
    ProblemCode::new(
        "sponsor-missing",
        &[409],
        "The manifest of the candidate does not name the sponsor as `funded-by`.",
    ),
    ProblemCode::new(
        "vectors-missing",
        &[409],
        "Payloads of the sponsor are not among the vectors of the candidate: `payloads` names them.",
    ),
    ProblemCode::new(
        "payloads-differ",
        &[409],
        "The candidate does not read the payloads as the sponsor says: `faults` tells where.",
    ),
    // Partners and people.
    ProblemCode::new(
        "invalid-name",
        &[400],
        "The name of a partner or a token is a line of characters that are seen; that of a partner has 1 to 200.",
    ),
    ProblemCode::new("partner-exists", &[409], "A partner of this short name exists."),
    ProblemCode::new("unknown-partner", &[404], "No partner of this name exists for you."),
    ProblemCode::new(
        "group-owned",
        &[409],
        "The group is another partner's: take it from that partner first.",
    ),
    ProblemCode::new("group-not-owned", &[409], "The group is none of the partner."),
    ProblemCode::new("unknown-person", &[404], "No person of this id exists for you."),
    ProblemCode::new("email-taken", &[409], "A person of the same home has this e-mail address."),
    ProblemCode::new(
        "too-many-people",
        &[409],
        "The partner or the group has as many accounts as the settings allow.",
    ),
    ProblemCode::new(
        "too-many-grants",
        &[409],
        "The person has as many grants as the settings allow.",
    ),
    ProblemCode::new(
        "too-many-tokens",
        &[409],
        "The person or the partner has as many tokens as the settings allow.",
    ),
    ProblemCode::new(
        "outside-home",
        &[409],
        "The account belongs to a partner or a group, and the scope of the grant is not a part of it.",
    ),
    ProblemCode::new("already-granted", &[409], "The person has this role for this scope already."),
    ProblemCode::new("unknown-grant", &[404], "The person has no grant of this id for you."),
    ProblemCode::new(
        "last-owner",
        &[409],
        "Nobody else owns the partner or the group: make another person its owner first.",
    ),
    ProblemCode::new(
        "master-key-elsewhere",
        &[409],
        "The master key comes from a place that the server does not write: put the new key there before the old \
         one, and start the server again.",
    ),
    ProblemCode::new(
        "master-key-unusable",
        &[409],
        "The master key cannot be rotated: its file cannot be read or written, or holds no usable key; the detail \
         says which. The key of before is in force.",
    ),
];
