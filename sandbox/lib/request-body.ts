import type { IncomingMessage } from 'node:http'

/**
 * The body of a request; longer than `maximum` bytes if the request is, but then not all of it. It reads on past the limit
 * without keeping anything: a sender that is cut off would never see why.
 */
export async function requestBody(request: IncomingMessage, maximum: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (size <= maximum) chunks.push(chunk)
    size += chunk.length
  }
  return Buffer.concat(chunks)
}
