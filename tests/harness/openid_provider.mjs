// A provider of OpenID Connect that a test starts: oidc-provider, which signs in whom the file `person.json` names,
// without asking, and has other keys after each start.
import { createServer } from "node:http";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, folder, port] = process.argv.slice(2);
const { default: Provider } = await import(
  pathToFileURL(join(modules, "oidc-provider/lib/index.js")).href
);

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "RS256" };

const person = () => JSON.parse(readFileSync(join(folder, "person.json"), "utf8"));
const client = JSON.parse(readFileSync(join(folder, "client.json"), "utf8"));

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [client],
  jwks: { keys: [key] },
  acrValues: ["urn:example:strong"],
  cookies: { keys: ["a test"] },
  claims: { openid: ["sub", "acr", "amr"], email: ["email", "email_verified"], profile: ["name"] },
  features: { devInteractions: { enabled: false } },
  findAccount: async (_ctx, id) => ({
    accountId: id,
    claims: async () => ({ ...person().claims, sub: id }),
  }),
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  loadExistingGrant: async (ctx) => {
    const { client, provider, session } = ctx.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
});

createServer(async (request, response) => {
  if (!request.url.startsWith("/interaction/")) {
    return provider.callback()(request, response);
  }
  const { subject, refuses, login } = person();
  const result = refuses
    ? { error: "access_denied", error_description: refuses }
    : { login: { accountId: subject, ...login } };
  try {
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}).listen(Number(port), "127.0.0.1");
