import { isPayloadFile, lastPart } from "./names.js";
import type { FetchOptions, Place } from "./source.js";

/**
 * Payloads over https. A URL that ends in a payload's name (or name.gz), or any URL not ending in `/` when only one
 * payload is wanted, is that file; any other URL is a folder, asked for `name.gz`, then for `name`.
 * Plain http is taken from this machine alone (a tunnel, a test). At most 5 redirects, each held to the same rule.
 */
export function openWeb(url: URL, only: boolean, options: FetchOptions): Place {
  checkProtocol(url);
  return {
    async read(name) {
      const path = url.pathname;
      if (isPayloadFile(decodeURIComponent(lastPart(path)), name) || (only && !path.endsWith("/")))
        return download(url, options);
      const refused: string[] = [];
      for (const file of [`${name}.gz`, name]) {
        const at = new URL(url);
        at.pathname = `${path.replace(/\/$/, "")}/${file.split("/").map(encodeURIComponent).join("/")}`;
        try {
          return await download(at, options);
        } catch (error) {
          if (!(error instanceof HttpError && [403, 404, 410].includes(error.status))) throw error;
          refused.push(error.message);
        }
      }
      throw new Error(refused.join("; "));
    },
  };
}

/** `hf://[datasets/]OWNER/NAME[@REVISION]/path`: a file or folder of the Hugging Face Hub (`HF_ENDPOINT` overrides the host). */
export function hfUrl(source: string): URL {
  const match = /^hf:\/\/(datasets\/|spaces\/)?([\w.-]+\/[\w.-]+?)(?:@([\w.-]+))?(?:\/(.*))?$/.exec(source);
  if (match === null) throw new Error("write it hf://[datasets/]OWNER/NAME[@REVISION]/path");
  const [, type = "", name = "", revision = "main", path = ""] = match;
  const endpoint = process.env["HF_ENDPOINT"] ?? "https://huggingface.co";
  return new URL(`${endpoint.replace(/\/$/, "")}/${type}${name}/resolve/${revision}/${path}`);
}

/**
 * `s3://BUCKET/key` of a bucket that is public: its https address, or one below `AWS_ENDPOINT_URL_S3`.
 * Does not: sign requests, so private buckets are refused by the server.
 */
export function s3Url(source: string): URL {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]+)\/(.*)$/.exec(source);
  if (match === null) throw new Error("write it s3://BUCKET/key");
  const [, bucket = "", key = ""] = match;
  const endpoint = process.env["AWS_ENDPOINT_URL_S3"] ?? process.env["AWS_ENDPOINT_URL"];
  if (endpoint === undefined) return new URL(`https://${bucket}.s3.amazonaws.com/${key}`);
  return new URL(`${endpoint.replace(/\/$/, "")}/${bucket}/${key}`);
}

class HttpError extends Error {
  constructor(
    readonly status: number,
    url: URL,
  ) {
    super(`${url.href} answered HTTP ${status}`);
  }
}

async function download(start: URL, options: FetchOptions): Promise<Uint8Array> {
  const stall = new AbortController();
  const least = (LEAST_RATE * options.stallMs) / 1000;
  let [bytes, before, periods] = [0, 0, 0];
  // A server that sends a byte now and then must not keep the next source from being asked.
  const watch = setInterval(() => {
    const came = bytes - before;
    before = bytes;
    const seconds = options.stallMs / 1000;
    if (came === 0) stall.abort(new Error(`${start.href}: no data came for ${seconds} s`));
    else if (came < least)
      stall.abort(
        new Error(
          `${start.href}: ${came} bytes came in ${seconds} s; under ${LEAST_RATE} bytes a second it is given up`,
        ),
      );
    else if (++periods * options.stallMs > MOST_HOURS * 3_600_000)
      stall.abort(new Error(`${start.href}: not done after ${MOST_HOURS} hours`));
  }, options.stallMs);
  try {
    const response = await follow(start, AbortSignal.any([options.signal, stall.signal]));
    const length = Number(response.headers.get("content-length") ?? 0);
    const announced = Number.isSafeInteger(length) && length > 0 ? length : 0;
    const chunks: Uint8Array[] = [];
    const check = (size: number): void => {
      if (size > options.maxBytes)
        throw new Error(`${start.href}: more than the limit of ${options.maxBytes} bytes`);
    };
    check(announced);
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      check(bytes);
      chunks.push(chunk);
      options.progress(bytes, announced, `downloading ${start.href}`);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (stall.signal.aborted) throw stall.signal.reason;
    // undici says "fetch failed" and keeps the reason (no route, no such host) in the cause.
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    const why = cause?.message === "" ? cause.code : cause?.message;
    if (why !== undefined) throw new Error(`${start.href}: ${why}`, { cause: error });
    throw error;
  } finally {
    clearInterval(watch);
  }
}

/** Bytes a second, over each `stallMs`; slower is given up. */
const LEAST_RATE = 1024;
/** The most that one download may take. */
const MOST_HOURS = 12;

async function follow(start: URL, signal: AbortSignal): Promise<Response> {
  let url = start;
  for (let hops = 0; hops <= 5; hops++) {
    checkProtocol(url);
    // What is out there must not make this machine ask its own services for things.
    if (isLocal(url) && !isLocal(start))
      throw new Error(`${start.href}: it leads to this machine (${url.href}), which is not followed`);
    const response = await fetch(url, { redirect: "manual", signal });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null) {
      if (response.ok) return response;
      await response.body?.cancel();
      throw new HttpError(response.status, url);
    }
    await response.body?.cancel();
    url = new URL(location, url);
  }
  throw new Error(`${start.href}: more than 5 redirects`);
}

function isLocal({ hostname }: URL): boolean {
  return /^(localhost\.?|127(\.\d+){3}|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[\da-f:]+\])$/.test(hostname);
}

function checkProtocol(url: URL): void {
  if (url.protocol === "https:" || (url.protocol === "http:" && isLocal(url))) return;
  throw new Error(`${url.href}: only https: is taken (http: from this machine alone)`);
}
