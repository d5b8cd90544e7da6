// A receiver of webhooks, as the README has it: it prints the id and the type of each event
// that it believes.
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const { SECRET, PORT = "3000" } = process.env;
const webhook = new Webhook(SECRET);
const server = createServer(async (request, response) => {
  const body = Buffer.concat(await Array.fromAsync(request)).toString();
  try {
    const { id, type, data } = webhook.verify(body, request.headers);
    console.log(id, type, data.object.id); // pass over an id that was handled before
    response.writeHead(204).end();
  } catch {
    response.writeHead(401).end();
  }
});
server.listen(Number(PORT), "localhost", () => console.log("listening", server.address().port));
