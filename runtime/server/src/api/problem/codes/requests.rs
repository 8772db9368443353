//! The codes of requests as such, and of access.

use super::ProblemCode;

pub(super) const ALL: &[ProblemCode] = &[
    // The request as such.
    ProblemCode::new("no-such-path", &[404], "Nothing is served at this path."),
    ProblemCode::new("unknown-schema", &[404], "No schema has this name."),
    ProblemCode::new("method-not-allowed", &[405], "The path does not take this method."),
    ProblemCode::new(
        "invalid-path",
        &[400],
        "A part of the path is not of its form: a DevEUI, a version, a name.",
    ),
    ProblemCode::new(
        "invalid-query",
        &[400],
        "A parameter of the query is unknown here, missing or not of its form.",
    ),
    ProblemCode::new("malformed-json", &[400, 422], "The body is no JSON."),
    ProblemCode::new(
        "invalid-body",
        &[400, 422],
        "A member of the body is unknown, missing or not of its form; `path` names it.",
    ),
    ProblemCode::new("broken-body", &[400], "The body did not arrive whole: send it again."),
    ProblemCode::new(
        "body-too-large",
        &[413],
        "The body is larger than the limit that the detail names.",
    ),
    ProblemCode::new("body-too-slow", &[408], "The body did not arrive in time."),
    ProblemCode::new(
        "not-acceptable",
        &[406],
        "The answer exists in none of the formats that the Accept header names.",
    ),
    ProblemCode::new("internal", &[500], "A fault of the server; its log says more."),
    // Access.
    ProblemCode::new(
        "token-missing",
        &[401],
        "The request has no token: send `Authorization: Bearer <token>`.",
    ),
    ProblemCode::new(
        "token-malformed",
        &[401],
        "The Authorization header is neither `Bearer` nor `Basic` with the token as password.",
    ),
    ProblemCode::new(
        "token-unknown",
        &[401],
        "The token is mistyped or revoked, or its person was suspended.",
    ),
    ProblemCode::new("token-expired", &[401], "The token has ended: ask an admin for a new one."),
    ProblemCode::new(
        "person-suspended",
        &[401, 409],
        "The person of the token, or for whom it is done, is suspended: ask who looks after the account to resume it.",
    ),
    ProblemCode::new(
        "too-many-wrong-tokens",
        &[429],
        "The address has tried many wrong tokens: wait before the next one.",
    ),
    ProblemCode::new(
        "too-many-requests",
        &[429],
        "The token, its group, or without a token the address, asks more often than it may: come back after \
         `Retry-After`.",
    ),
    ProblemCode::new(
        "too-many-at-once",
        &[429],
        "As many large answers or packages of this token, or without a token of this address, are under way as \
         may be: wait for one of them.",
    ),
    ProblemCode::new(
        "forbidden",
        &[403],
        "The role of the token, or its group, does not allow it.",
    ),
    ProblemCode::new("session-ended", &[401], "The session has ended: sign in again."),
    ProblemCode::new(
        "sign-in-failed",
        &[401],
        "The e-mail address, the password or the code is wrong, or the account cannot be used; which is not told.",
    ),
    ProblemCode::new(
        "code-needed",
        &[401],
        "The password is right, and a code of the second factor is needed as well.",
    ),
    ProblemCode::new(
        "second-factor-needed",
        &[403],
        "An admin has signed in without a second factor: begin one and confirm it at `/v1/me/second-factor`; until then the session reaches the own account alone.",
    ),
    ProblemCode::new(
        "too-many-sign-ins",
        &[429],
        "The address, or the e-mail address, has tried many sign-ins: come back after `Retry-After`.",
    ),
    ProblemCode::new(
        "other-origin",
        &[403],
        "A request with a session that changes anything must come from the server's own pages.",
    ),
    ProblemCode::new(
        "no-session",
        &[409],
        "The request comes with a token, and is for those who have signed in: there is no session.",
    ),
    ProblemCode::new(
        "unknown-session",
        &[404],
        "The person has no session of this id, or it has ended.",
    ),
    ProblemCode::new(
        "no-mail",
        &[409],
        "The server sends no mail: ask who looks after the account for a link.",
    ),
    ProblemCode::new(
        "mail-failed",
        &[503],
        "The mail server did not take the mail: ask again, which makes another link.",
    ),
    ProblemCode::new(
        "no-openid",
        &[409],
        "People of this server do not sign in by OpenID Connect.",
    ),
    ProblemCode::new(
        "openid-not-begun",
        &[400],
        "The sign-in was begun in another browser, or too long ago: begin it again.",
    ),
    ProblemCode::new(
        "openid-unreachable",
        &[503],
        "The provider of OpenID Connect does not answer, or not as it should: try again.",
    ),
    ProblemCode::new(
        "openid-refused",
        &[403],
        "The provider of OpenID Connect has signed nobody in; the detail has its words.",
    ),
    ProblemCode::new(
        "openid-untrusted",
        &[403],
        "What the provider of OpenID Connect asserts does not hold.",
    ),
    ProblemCode::new(
        "no-account",
        &[403],
        "No account goes with the identity: ask who looks after accounts to add you.",
    ),
    ProblemCode::new(
        "several-accounts",
        &[409],
        "Accounts in several homes go with the identity: name the home.",
    ),
    ProblemCode::new("no-identity", &[409], "The person has never signed in by OpenID Connect."),
    ProblemCode::new("weak-password", &[400], "The password is short or easy to guess."),
    ProblemCode::new(
        "unusable-link",
        &[404],
        "The link is mistyped, was used, or its time is over: ask for a new one.",
    ),
    ProblemCode::new(
        "wrong-code",
        &[400],
        "The code is not the present one of the authenticator, or was used.",
    ),
    ProblemCode::new("no-second-factor", &[409], "The person has no second factor."),
    ProblemCode::new(
        "group-missing",
        &[400],
        "An admin, and a sender with several groups, must name the group.",
    ),
    ProblemCode::new("unknown-token", &[404], "No token has this id."),
    ProblemCode::new("name-too-long", &[400], "The name of a token is longer than the limit."),
    ProblemCode::new("expires-in-the-past", &[400], "A token would end before it begins."),
    ProblemCode::new(
        "invalid-scopes",
        &[400],
        "A token needs at least one scope, and each must be one of its role.",
    ),
    ProblemCode::new(
        "last-admin",
        &[409],
        "It is the last admin token with all scopes, or the last admin who holds one: make another one first.",
    ),
    ProblemCode::new(
        "invalid-role",
        &[400],
        "No such role exists, or group, scope, person and network server do not go with it.",
    ),
];
