package main

import "strings"

// didYouMean returns " (did you mean X?)" for the name nearest to a mistyped one, or "" if none is near. prefix goes
// before the name.
func didYouMean(typed string, names []string, prefix string) string {
	best, least := "", len(typed)/2+1
	for _, n := range names {
		distance := editDistance(strings.ToLower(typed), n)
		if len(typed) >= 3 && strings.HasPrefix(n, typed) {
			distance = 1 // an abbreviation
		}
		if distance < least {
			best, least = n, distance
		}
	}
	if best == "" {
		return ""
	}
	return " (did you mean " + prefix + best + "?)"
}

// editDistance is the least number of bytes to insert, delete, change or swap with their neighbour that turns a into b
// (optimal string alignment).
func editDistance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	before, above, row := rows[0], rows[1], rows[2]
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}
