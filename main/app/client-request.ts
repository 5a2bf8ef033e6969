// One request to the torrent client of the person's: bounded in time and bytes, no redirect followed, every failure a sentence.

const ANSWER_LIMIT_MS = 10_000;
const ANSWER_BYTES_MAX = 64 * 1024;

/** A failure in words for the person. */
export class ClientProblem extends Error {
  override readonly name = 'ClientProblem';
}

export interface ClientAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Null where the text is no JSON. */
  readonly json: unknown;
}

/** `name`: of the client, for the sentences. Throws only ClientProblem. */
export async function askClient(name: string, url: URL, request: RequestInit): Promise<ClientAnswer> {
  const limit = AbortSignal.timeout(ANSWER_LIMIT_MS);
  const signal = request.signal ? AbortSignal.any([request.signal, limit]) : limit;
  let answer: ClientAnswer;
  try {
    const response = await fetch(url, { ...request, redirect: 'manual', signal });
    const text = await readBounded(response);
    answer = { status: response.status, headers: response.headers, text, json: asJson(text) };
  } catch (error) {
    if (error instanceof RangeError) throw new ClientProblem(`What answers at ${url.host} is not ${name}.`);
    throw new ClientProblem(sentenceOf(error, name, url, request.signal?.aborted === true));
  }
  if (answer.status >= 300 && answer.status < 400) {
    throw new ClientProblem(`${url.host} sends us on to another address, which is not followed. Is the address right?`);
  }
  return answer;
}

function sentenceOf(error: unknown, name: string, { host, hostname }: URL, isCancelled: boolean): string {
  if (isCancelled) return 'Cancelled.';
  const cause = error instanceof Error ? (error.cause as { readonly code?: unknown } | undefined) : undefined;
  const code = typeof cause?.code === 'string' ? cause.code : '';
  if (error instanceof Error && error.name === 'TimeoutError') return `${name} at ${host} did not answer in time.`;
  if (code === 'ECONNREFUSED')
    return `Nothing answers at ${host}. Is ${name} running, and may it be controlled remotely?`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `There is no machine called ${hostname}.`;
  if (/CERT|SSL|TLS|SIGNED/.test(code))
    return `The secure connection to ${host} failed: its certificate is not trusted here.`;
  return `${name} cannot be reached at ${host}.`;
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > ANSWER_BYTES_MAX) throw new RangeError('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Undefined where `value` is no object with that field. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
