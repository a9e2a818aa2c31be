/** A refusal of the server, with its sentence as the message. */
export class Refused extends Error {}

/** Asks the playground's server. Throws `Refused` with its sentence if it refuses. */
export async function ask<Answer>(path: string, question: object, signal?: AbortSignal): Promise<Answer> {
  return answerOf<Answer>(
    await fetch(`/playground/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(question),
      ...(signal && { signal }),
    }),
  )
}

/** Reads from the playground's server. Throws `Refused` as `ask` does. */
export async function read<Answer>(path: string): Promise<Answer> {
  return answerOf<Answer>(await fetch(`/playground/${path}`))
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  const answer = (await response.json()) as Answer & { problem?: string }
  if (!response.ok) throw new Refused(answer.problem ?? `The playground answered ${response.status}.`)
  return answer
}

/** The sentence to show for a thrown value; undefined for the abort of an outdated question. */
export function sentenceOf(error: unknown): string | undefined {
  if (error instanceof DOMException && error.name === 'AbortError') return undefined
  if (error instanceof Refused) return error.message
  return 'The playground does not answer: is it still running?'
}

/** Makes a function that runs `work` and aborts its previous run. */
export function latestOnly<Given extends unknown[]>(
  work: (signal: AbortSignal, ...given: Given) => Promise<void>,
): (...given: Given) => void {
  let current = new AbortController()
  return (...given) => {
    current.abort()
    current = new AbortController()
    void work(current.signal, ...given)
  }
}
