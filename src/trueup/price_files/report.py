"""A plan as text for the screen."""

from trueup.price_files.plan import Plan


def diff_text(plan: Plan) -> str:
    """What an import changes: counts, the first changed cells, notes, files."""
    first, last = plan.years
    lines = [f"{plan.utility} {plan.vintage}, published prices of {first} to {last}", ""]
    lines.append(f"{'':<10} {'new':>8} {'changed':>8} {'unchanged':>10} {'newly published':>16} {'kept':>8}")
    for part in plan.components:
        counts = f"{part.new:>8,} {part.changed:>8,} {part.unchanged:>10,} {part.newly_published:>16,} {part.kept:>8,}"
        lines.append(f"{part.component:<10} {counts}")
    if plan.changed:
        total = sum(part.changed for part in plan.components)
        lines += ["", f"Changed prices, $/kWh (the first {len(plan.changed)} of {total:,}):"]
        lines += [f"  {cell}" for cell in plan.changed]
    lines += [f"\nNote: {note}" for note in plan.notes]
    if plan.is_empty:
        return "\n".join([*lines, "", "The rules hold these prices already; no file changes.", ""])
    lines += ["", "Files:", *(f"  {change.what} {change.path.as_posix()}" for change in plan.files)]
    return "\n".join(lines) + "\n"
