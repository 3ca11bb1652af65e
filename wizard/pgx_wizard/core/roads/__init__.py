"""Roads through hvw's menus: generators of keystrokes that are sent screens."""
