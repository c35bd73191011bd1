// Package documents holds the documents of the repository to its code. It has tests only.
package documents
