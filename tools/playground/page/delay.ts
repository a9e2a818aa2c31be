/** Makes a function that runs `work` once its calls have paused for `milliseconds`. */
export function afterPause(milliseconds: number, work: () => void): () => void {
  let timer: number | undefined
  return () => {
    window.clearTimeout(timer)
    timer = window.setTimeout(work, milliseconds)
  }
}
