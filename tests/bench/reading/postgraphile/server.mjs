// PostGraphile 5 on our database, as `app`, with the tenant bound for each request: APP_DATABASE_URL=... node server.mjs PORT
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { jsonPgSmartTags } from "postgraphile/utils";

const port = process.argv[2];
const connectionString = process.env.APP_DATABASE_URL;
const CONNECTIONS = 8;

// The relations that no foreign key of ours tells: a list's ticket, and the groups that lie under the ticket's own id.
const group = (name) => ({ tags: { foreignKey: `(tenant_id, id) references ticket (tenant_id, id)|@fieldName of|@foreignSingleFieldName ${name}` } });
const relations = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      worklist: { tags: { foreignKey: "(owner_id, ticket_id) references ticket (tenant_id, id)|@fieldName ticket" } },
      ticket_people: group("people"),
      ticket_clinical: group("clinical"),
      ticket_quality: group("quality"),
      ticket_commercial: group("commercial"),
    },
  },
});

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [relations],
  // A list can be ordered by every column here; in production one would name those that have an index.
  schema: { defaultBehavior: "+orderBy" },
  pgServices: [makePgService({ connectionString, schemas: ["public"], poolConfig: { max: CONNECTIONS } })],
  grafast: {
    explain: false,
    // The token is not looked at: what is measured is how it reads.
    context: ({ node }) => ({ pgSettings: { "app.tenant": node?.req?.headers["x-tenant"] ?? "" } }),
  },
  grafserv: { port: Number(port), graphiql: false, websockets: false, watch: false },
};

const server = createServer();
await postgraphile(preset).createServ(grafserv).addTo(server);
server.keepAliveTimeout = 60_000;
server.listen(Number(port), "127.0.0.1");
