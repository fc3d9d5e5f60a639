// front.mjs -- the pages of web/dist in front of a running server, so that a new bundle is
// seen without a new program.
//   node tests/e2e/dev/front.mjs PORT http://127.0.0.1:8080
import { readFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [port, base] = process.argv.slice(2);
const server = new URL(base);
const dist = fileURLToPath(new URL("../../../web/dist", import.meta.url));
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css",
  ".svg": "image/svg+xml", ".txt": "text/plain" };
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
  + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/** The server's own answers, streams among them. */
function pass(q, s) {
  const headers = { ...q.headers, host: server.host, ...(q.headers.origin && { origin: server.origin }) };
  const r = request({ host: server.hostname, port: server.port, method: q.method, path: q.url, headers }, (a) => {
    s.writeHead(a.statusCode, a.headers);
    a.pipe(s);
  });
  r.on("error", () => s.destroy());
  s.on("close", () => r.destroy());
  q.pipe(r);
}

createServer(async (q, s) => {
  const { pathname } = new URL(q.url, "http://x");
  if (/^\/(api|problems|metrics|readyz|healthz|\.well-known)\b/.test(pathname)) return pass(q, s);
  const name = extname(pathname) ? pathname : "/index.html";
  try {
    const bytes = await readFile(join(dist, name));
    s.writeHead(200, { "content-type": types[extname(name)] ?? "text/plain", "content-security-policy": csp }).end(bytes);
  } catch {
    s.writeHead(404).end();
  }
}).listen(Number(port), "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${port}`));
