import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { sha256 } from "../../steps/formats/digest.js";
import { fetchPayloads } from "../../steps/sources/payloads.js";
import type { FetchOptions } from "../../steps/sources/source.js";
import { hfUrl, s3Url } from "../../steps/sources/web.js";

const alpha = Buffer.from("alpha ".repeat(500));
const digests = { alpha: sha256(alpha) };
let server: Server;
let base = "";
const asked: string[] = [];
/** What the server answers, by path; a function answers itself. */
const pages = new Map<string, Buffer | ((request: IncomingMessage, response: ServerResponse) => void)>();

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const page = pages.get(request.url ?? "");
    if (typeof page === "function") page(request, response);
    else response.writeHead(page === undefined ? 404 : 200).end(page);
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
afterEach(() => {
  pages.clear();
  asked.length = 0;
  for (const name of ["HF_ENDPOINT", "AWS_ENDPOINT_URL_S3"]) Reflect.deleteProperty(process.env, name);
});

async function fetchAlpha(source: string, change: Partial<FetchOptions> = {}): Promise<string> {
  const payloads = await fetchPayloads([source], digests, {
    project: "/",
    maxBytes: 1e6,
    stallMs: 5000,
    signal: new AbortController().signal,
    log: () => undefined,
    progress: () => undefined,
    ...change,
  });
  return Buffer.from(payloads.get("alpha") as Uint8Array).toString();
}

describe("a web source", () => {
  it("is a folder, asked for the gzipped payload first", async () => {
    pages.set("/data/alpha.gz", gzipSync(alpha));
    expect(await fetchAlpha(`${base}/data/`)).toBe(String(alpha));
    expect(asked).toEqual(["/data/alpha.gz"]);
  });

  it("then for the plain one", async () => {
    pages.set("/data/alpha", alpha);
    expect(await fetchAlpha(`${base}/data/`)).toBe(String(alpha));
    expect(asked).toEqual(["/data/alpha.gz", "/data/alpha"]);
  });

  it("or the file itself, with a query as it is", async () => {
    pages.set("/download?id=7", alpha);
    expect(await fetchAlpha(`${base}/download?id=7`)).toBe(String(alpha));
  });

  it("is followed through redirects, but not for ever, and not to plain http elsewhere", async () => {
    pages.set("/alpha", (_, response) => response.writeHead(302, { location: "/there" }).end());
    pages.set("/there", alpha);
    expect(await fetchAlpha(`${base}/alpha`)).toBe(String(alpha));
    pages.set("/alpha", (_, response) => response.writeHead(302, { location: "/alpha" }).end());
    await expect(fetchAlpha(`${base}/alpha`)).rejects.toThrow("more than 5 redirects");
    pages.set("/alpha", (_, response) => response.writeHead(301, { location: "http://example.org/x" }).end());
    await expect(fetchAlpha(`${base}/alpha`)).rejects.toThrow("http://example.org/x: only https: is taken");
  });

  it("says which answer it got", async () => {
    await expect(fetchAlpha(`${base}/data/`)).rejects.toThrow(
      `${base}/data/alpha.gz answered HTTP 404; ${base}/data/alpha answered HTTP 404`,
    );
    pages.set("/alpha", (_, response) => response.writeHead(500).end());
    await expect(fetchAlpha(`${base}/alpha`)).rejects.toThrow(`${base}/alpha answered HTTP 500`);
  });

  it("is refused over plain http from elsewhere", async () => {
    await expect(fetchAlpha("http://example.org/alpha")).rejects.toThrow("only https: is taken");
  });

  it("says why a server cannot be reached", async () => {
    const closed = createServer();
    await new Promise<void>(resolve => closed.listen(0, "127.0.0.1", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise(resolve => closed.close(resolve));
    await expect(fetchAlpha(`http://127.0.0.1:${port}/alpha`)).rejects.toThrow(/alpha: .*ECONNREFUSED/);
  });

  it("is given up when it grows past the limit, announced or not", async () => {
    pages.set("/alpha", alpha);
    await expect(fetchAlpha(`${base}/alpha`, { maxBytes: 2999 })).rejects.toThrow(
      "more than the limit of 2999 bytes",
    );
    pages.set("/alpha", (_, response) => {
      response.write(alpha.subarray(0, 2000));
      response.end(alpha.subarray(2000));
    });
    await expect(fetchAlpha(`${base}/alpha`, { maxBytes: 2999 })).rejects.toThrow(
      "more than the limit of 2999 bytes",
    );
  });

  it("is given up when it stalls, drips, or breaks off", async () => {
    pages.set("/alpha", (_, response) => {
      response.writeHead(200).flushHeaders();
    });
    await expect(fetchAlpha(`${base}/alpha`, { stallMs: 50 })).rejects.toThrow("no data came for 0.05 s");
    pages.set("/alpha", (_, response) => {
      response.writeHead(200, { "content-length": alpha.length });
      const drip = setInterval(() => response.write("a"), 20);
      response.on("close", () => clearInterval(drip));
    });
    await expect(fetchAlpha(`${base}/alpha`, { stallMs: 200 })).rejects.toThrow(
      /\d+ bytes came in 0.2 s; under 1024 bytes a second it is given up/,
    );
    pages.set("/alpha", (request, response) => {
      response.writeHead(200, { "content-length": alpha.length });
      response.write(alpha.subarray(0, 10), () => request.socket.destroy());
    });
    await expect(fetchAlpha(`${base}/alpha`)).rejects.toThrow("no source gave alpha");
  });

  it("stops at once when the step is cancelled", async () => {
    const controller = new AbortController();
    pages.set("/alpha", (_, response) => {
      response.write("a");
      controller.abort(new Error("cancelled by the test"));
    });
    await expect(fetchAlpha(`${base}/alpha`, { signal: controller.signal })).rejects.toThrow(
      "cancelled by the test",
    );
  });
});

describe("hf:// and s3://", () => {
  it("are https addresses", () => {
    expect(hfUrl("hf://owner/model/a/b.safetensors").href).toBe(
      "https://huggingface.co/owner/model/resolve/main/a/b.safetensors",
    );
    expect(hfUrl("hf://datasets/owner/name@v1.0/data/").href).toBe(
      "https://huggingface.co/datasets/owner/name/resolve/v1.0/data/",
    );
    expect(s3Url("s3://some-bucket/data/x").href).toBe("https://some-bucket.s3.amazonaws.com/data/x");
    expect(() => hfUrl("hf://owner")).toThrow("hf://[datasets/]OWNER/NAME");
    expect(() => s3Url("s3://bucket")).toThrow("s3://BUCKET/key");
  });

  it("go where their own environment variables say", async () => {
    process.env["HF_ENDPOINT"] = `${base}/hub/`;
    pages.set("/hub/owner/name/resolve/main/x/alpha.gz", gzipSync(alpha));
    expect(await fetchAlpha("hf://owner/name/x/")).toBe(String(alpha));
    process.env["AWS_ENDPOINT_URL_S3"] = base;
    pages.set("/bucket/x/alpha", alpha);
    expect(await fetchAlpha("s3://bucket/x/")).toBe(String(alpha));
  });
});
