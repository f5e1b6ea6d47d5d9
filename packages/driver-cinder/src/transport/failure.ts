/** That a request ended without the wanted answer: a refusal, or no answer at all. */
export class HttpFailure extends Error {
  override readonly name = "HttpFailure";
  /** Undefined when there was no answer. */
  readonly status: number | undefined;
  /** Method and path, without the host, the query and anything secret. */
  readonly request: string;
  /** What the server says, or the network's error code. */
  readonly detail: string;
  /** The id under which the request is in the server's logs. */
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** Whether the server may have got the request. */
  readonly sent: boolean;
  /** Milliseconds that the request was given, when that time was over. */
  readonly timedOut: boolean;

  constructor(info: {
    readonly request: string;
    readonly status?: number | undefined;
    readonly detail: string;
    readonly requestId?: string | undefined;
    readonly retryAfterMs?: number | undefined;
    readonly sent: boolean;
    readonly timedOut?: boolean | undefined;
  }) {
    const id = info.requestId === undefined ? "" : ` (request id ${info.requestId})`;
    super(`${info.request}: ${info.status === undefined ? "" : `${info.status} `}${info.detail}${id}`);
    this.status = info.status;
    this.request = info.request;
    this.detail = info.detail;
    this.requestId = info.requestId;
    this.retryAfterMs = info.retryAfterMs;
    this.sent = info.sent;
    this.timedOut = info.timedOut ?? false;
  }
}

/** Whether a thrown value is a failure with one of these statuses. */
export const failedWith = (thrown: unknown, ...statuses: readonly number[]): thrown is HttpFailure =>
  thrown instanceof HttpFailure && thrown.status !== undefined && statuses.includes(thrown.status);

/** Waits for work; undefined when it ends with one of these statuses. */
export async function unless<Value>(statuses: readonly number[], work: Promise<Value>): Promise<Value | undefined> {
  try {
    return await work;
  } catch (thrown) {
    if (failedWith(thrown, ...statuses)) return undefined;
    throw thrown;
  }
}
