/** Marks the visible section in the navigation for phones. */
export function followSections(): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>('.sections a')]
  const sections = links.map(({ hash }) => document.querySelector(hash)).filter((section) => section !== null)
  const mark = () => {
    const middle = window.innerHeight / 2
    const current = sections.findLast((section) => section.getBoundingClientRect().top <= middle) ?? sections[0]
    for (const link of links) {
      if (link.hash === `#${current?.id ?? ''}`) link.setAttribute('aria-current', 'true')
      else link.removeAttribute('aria-current')
    }
  }
  window.addEventListener('scroll', mark, { passive: true })
  mark()
}
