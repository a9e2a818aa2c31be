/** The section at the top of the view, just below the links, is in view, even if the next one shows more of itself. */
const AT_TOP = 8

/** Marks the section that is in view in the navigation for phones. */
export function followSections(): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>('.sections a')]
  const sections = links.map(({ hash }) => document.querySelector(hash)).filter((section) => section !== null)
  const mark = () => {
    const from = links[0]?.getBoundingClientRect().bottom ?? 0
    const shown = sections.map((section) => {
      const { top, bottom } = section.getBoundingClientRect()
      const isFirst = Math.abs(top - from) < AT_TOP
      return { id: section.id, height: isFirst ? Infinity : Math.min(bottom, window.innerHeight) - Math.max(top, from) }
    })
    const most = Math.max(...shown.map(({ height }) => height))
    const current = shown.find(({ height }) => height === most)?.id
    for (const link of links) {
      if (link.hash === `#${current ?? ''}`) link.setAttribute('aria-current', 'true')
      else link.removeAttribute('aria-current')
    }
  }
  window.addEventListener('scroll', mark, { passive: true })
  // A list or a result of another height moves the sections.
  const observer = new ResizeObserver(mark)
  for (const section of sections) observer.observe(section)
}
